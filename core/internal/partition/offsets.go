package partition

import (
	"context"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/log"
)

// noPosition is the answer to a question for an offset that does not exist.
var noPosition = log.Position{Offset: -1, Timestamp: -1, LeaderEpoch: kafka.NoEpoch}

// ListOffset answers ListOffsets: the offset for a timestamp in milliseconds or one of kafka's special timestamps. A
// consumer is not told of offsets that it may not read yet. Position.Offset is -1 when there is none. Beside the errors of
// Read: OFFSET_NOT_AVAILABLE while a new leader's high watermark has not reached its own epoch yet.
func (p *Partition) ListOffset(
	ctx context.Context, timestamp int64, isolation kafka.IsolationLevel, current kafka.LeaderEpoch,
) (log.Position, error) {
	r, err := p.leading()
	if err != nil {
		return noPosition, err
	}
	if err := r.checkEpoch(current); err != nil {
		return noPosition, err
	}
	last, high := p.progress.stableEnd.Load(), p.progress.high.Load()
	if isolation == kafka.ReadUncommitted {
		last = high
	}
	switch timestamp {
	case kafka.LatestTimestamp:
		if high < r.start {
			return noPosition, kafka.OffsetNotAvailable
		}
		return log.Position{Offset: last, Timestamp: -1, LeaderEpoch: r.epoch}, nil
	case kafka.EarliestTimestamp, kafka.EarliestLocalTimestamp:
		start := p.progress.start.Load()
		return log.Position{Offset: start, Timestamp: -1, LeaderEpoch: p.epochs.at(start)}, nil
	case kafka.LatestTieredTimestamp, kafka.EarliestPendingUploadTimestamp:
		return noPosition, nil // nothing is tiered
	}
	found, err := p.log.Lookup(ctx, timestamp)
	switch {
	case err != nil:
		return noPosition, storageError(err)
	case found.Offset < 0:
		return noPosition, nil
	case found.Offset < last:
		return found, nil
	case high < r.start:
		return noPosition, kafka.OffsetNotAvailable
	}
	return noPosition, nil
}

// EpochEnd answers OffsetForLeaderEpoch: the largest known leader epoch not above the requested one and the offset where
// it ends; both are -1 when the epoch is unknown. Errors are those of Read.
func (p *Partition) EpochEnd(current, requested kafka.LeaderEpoch) (kafka.LeaderEpoch, int64, error) {
	r, err := p.leading()
	if err == nil {
		err = r.checkEpoch(current)
	}
	if err != nil {
		return kafka.NoEpoch, -1, err
	}
	epoch, end := p.epochs.end(requested, p.progress.end.Load())
	return epoch, end, nil
}

// DeleteRecords moves the log start offset up to an offset, -1 meaning the high watermark, and returns the log start
// offset then. An offset below the log start does nothing. Errors: OFFSET_OUT_OF_RANGE above the high watermark,
// POLICY_VIOLATION on a topic that is only compacted, and those of Read.
func (p *Partition) DeleteRecords(offset int64) (int64, error) {
	if settings := &p.Config().Log; settings.Compact && !settings.Delete {
		return -1, kafka.PolicyViolation
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, err := p.leading(); err != nil {
		return -1, err
	}
	high := p.progress.high.Load()
	if offset == -1 {
		offset = high
	}
	if offset < 0 || offset > high {
		return -1, kafka.OffsetOutOfRange
	}
	if offset > p.progress.start.Load() {
		if err := p.log.AdvanceStart(offset); err != nil {
			return -1, storageError(err)
		}
		p.startMoved(offset)
	}
	return p.progress.start.Load(), nil
}

// startMoved takes over a new log start offset. The log may call it from within AdvanceStart, so it takes no lock of the
// partition.
func (p *Partition) startMoved(offset int64) {
	raise(&p.progress.stableEnd, offset) // DeleteRecords may pass an open transaction
	if raise(&p.progress.start, offset) {
		p.epochs.truncateStart(offset)
		p.progress.aborted.truncateStart(offset)
		p.watchers.Wake() // waiting consumers below it must be told
	}
}
