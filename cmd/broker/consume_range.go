package main

import (
	"context"
	"slices"

	"github.com/twmb/franz-go/pkg/kadm"
)

// logRange is what to read of a partition: from an offset to before another.
type logRange struct {
	topic       string
	partition   int32
	from, until int64
}

// findRanges resolves --from and --until for each partition.
func findRanges(ctx context.Context, admin *kadm.Client, topics []string, flags consumeFlags, from, until position) ([]logRange, error) {
	bounds, err := listBounds(ctx, admin, topics)
	if err != nil {
		return nil, err
	}
	fromTimes, err := offsetsAt(ctx, admin, topics, from)
	if err != nil {
		return nil, err
	}
	untilTimes, err := offsetsAt(ctx, admin, topics, until)
	if err != nil {
		return nil, err
	}
	var ranges []logRange
	for _, b := range bounds {
		if len(flags.partitions) > 0 && !slices.Contains(flags.partitions, b.partition) {
			continue
		}
		ranges = append(ranges, logRange{b.topic, b.partition, b.resolve(from, fromTimes), b.resolve(until, untilTimes)})
	}
	if len(ranges) == 0 {
		return nil, misusef("the topics have none of the partitions %s", joined(flags.partitions))
	}
	return ranges, nil
}

func offsetsAt(ctx context.Context, admin *kadm.Client, topics []string, p position) (kadm.ListedOffsets, error) {
	if p.kind != atTime {
		return nil, nil
	}
	return admin.ListOffsetsAfterMilli(ctx, p.time.UnixMilli(), topics...)
}

// resolve turns a position into an offset within the log.
func (b logBounds) resolve(p position, times kadm.ListedOffsets) int64 {
	offset := p.offset
	switch p.kind {
	case atStart:
		offset = b.start
	case atEnd:
		offset = b.end
	case relative:
		offset = b.end + p.offset
	case atTime:
		offset = b.end
		if at := listedOffset(times, b.topic, b.partition); at != nil {
			offset = *at
		}
	}
	return min(max(offset, b.start), b.end)
}
