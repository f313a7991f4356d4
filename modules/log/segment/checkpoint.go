package segment

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/vfs"
)

// checkpointKind names one of the checkpoint files of a data directory.
type checkpointKind int

const (
	recoveryPoints checkpointKind = iota // offsets below which recovery need not look
	startOffsets                         // log start offsets that lie above the first segment
	highWatermarks
	cleanerOffsets // offsets up to which logs are compacted
	checkpointKinds
)

// checkpointFiles are Kafka's names.
var checkpointFiles = [checkpointKinds]string{
	"recovery-point-offset-checkpoint", "log-start-offset-checkpoint",
	"replication-offset-checkpoint", "cleaner-offset-checkpoint",
}

// maxCheckpoint bounds the length of a checkpoint file: a million partitions of long names fit.
const maxCheckpoint = 512 << 20

// encodeCheckpoint writes Kafka's text form: version, number of entries, and "topic partition offset" on a line each.
func encodeCheckpoint(entries map[kafka.TopicPartition]int64) []byte {
	order := slices.SortedFunc(maps.Keys(entries), func(a, b kafka.TopicPartition) int {
		return cmp.Or(strings.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
	})
	b := fmt.Appendf(nil, "0\n%d\n", len(order))
	for _, tp := range order {
		b = fmt.Appendf(b, "%s %d %d\n", tp.Topic, tp.Partition, entries[tp])
	}
	return b
}

// readCheckpoint reads a checkpoint file. A missing or empty one, as Kafka leaves after formatting, has no entries.
func readCheckpoint(fsys vfs.FS, name string) (map[kafka.TopicPartition]int64, error) {
	data, err := readFile(fsys, name, maxCheckpoint)
	if isMissing(err) {
		return map[kafka.TopicPartition]int64{}, nil
	}
	if err != nil {
		return nil, err
	}
	return parseCheckpoint(data)
}

func parseCheckpoint(data []byte) (map[kafka.TopicPartition]int64, error) {
	entries := map[kafka.TopicPartition]int64{}
	if len(data) == 0 {
		return entries, nil
	}
	lines := bytes.Split(bytes.TrimSuffix(data, []byte("\n")), []byte("\n"))
	if len(lines) < 2 || string(lines[0]) != "0" {
		return nil, fmt.Errorf("want version 0, found %.20q", lines[0])
	}
	if count, err := strconv.Atoi(string(lines[1])); err != nil || count != len(lines)-2 {
		return nil, fmt.Errorf("%.20q entries announced, %d found", lines[1], len(lines)-2)
	}
	for i, line := range lines[2:] {
		fields := strings.Split(string(line), " ")
		if len(fields) != 3 {
			return nil, fmt.Errorf("line %d: want topic, partition and offset, found %.300q", i+3, line)
		}
		partition, err1 := strconv.ParseInt(fields[1], 10, 32)
		offset, err2 := strconv.ParseInt(fields[2], 10, 64)
		if err1 != nil || err2 != nil || partition < 0 || fields[0] == "" {
			return nil, fmt.Errorf("line %d: bad partition or offset in %.300q", i+3, line)
		}
		entries[kafka.TopicPartition{Topic: fields[0], Partition: int32(partition)}] = offset
	}
	return entries, nil
}
