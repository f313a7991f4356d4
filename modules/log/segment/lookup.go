package segment

import (
	"context"
	"errors"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/record"
	"github.com/jackdawmq/jackdaw/core/vfs"
)

// Lookup finds a record by its timestamp: the first segment that has one, the time index, then the records.
func (l *partitionLog) Lookup(ctx context.Context, timestamp int64) (log.Position, error) {
	none := log.Position{Offset: -1, Timestamp: -1, LeaderEpoch: kafka.NoEpoch}
	if err := l.readable(); err != nil {
		return none, err
	}
	v, from, asked := l.view.Load(), l.start.Load(), timestamp
	if timestamp == kafka.MaxTimestamp {
		timestamp, from = -1, 0 // Kafka answers a record below the log start, too
		for _, s := range v.segments {
			timestamp = max(timestamp, s.maxTimestamp.Load())
		}
		if timestamp < 0 {
			return none, nil
		}
	}
	for _, s := range v.segments {
		if s.maxTimestamp.Load() < timestamp || s.next.Load() <= from {
			continue
		}
		at, err := s.lookup(ctx, timestamp, from)
		if err != nil && ctx.Err() == nil && l.view.Load() != v {
			return l.Lookup(ctx, asked) // the segment went, or was cut, while we looked
		}
		if err != nil {
			return none, l.lookupFailed(ctx, err)
		}
		if at.Offset >= 0 {
			return at, nil
		}
	}
	return none, nil
}

func (l *partitionLog) lookupFailed(ctx context.Context, err error) error {
	if ctx.Err() != nil || kafka.CodeOf(err) != kafka.UnknownServerError {
		return err
	}
	return l.readFailed(err)
}

// lookup finds the first record at or after a timestamp, at or above an offset.
func (s *segment) lookup(ctx context.Context, timestamp, from int64) (log.Position, error) {
	none := log.Position{Offset: -1, Timestamp: -1, LeaderEpoch: kafka.NoEpoch}
	h, err := s.batches.acquire()
	if err != nil {
		return none, err
	}
	defer h.Release()
	size, next := s.extent()
	at, ok, err := s.lookupStart(h.file, timestamp, from, size, next)
	if err != nil || !ok {
		return none, err
	}
	var sc scanner
	sc.begin(h.file, at.pos, size)
	defer sc.end()
	for err = sc.next(); err == nil; err = sc.next() {
		if sc.header.MaxTimestamp < timestamp {
			continue
		}
		found, err := sc.search(timestamp, from)
		if err != nil || found.Offset >= 0 {
			return found, err
		}
		if err := ctx.Err(); err != nil {
			return none, err
		}
	}
	if errors.Is(err, errEnd) {
		err = nil
	}
	return none, err
}

// lookupStart returns the first batch that a look-up has to see: the batch that an entry of the time index names is the first
// with its timestamp, and all before it are older.
func (s *segment) lookupStart(file vfs.File, timestamp, from, size, next int64) (at found, ok bool, err error) {
	_, offset, ok, err := s.times.floor(timestamp)
	if err != nil {
		return found{}, false, err
	}
	if ok {
		from = max(from, s.base+offset)
	}
	if from >= next {
		return found{}, false, nil // an append is under way
	}
	return s.find(file, from, size)
}

// search looks for a record in the batch at hand.
func (sc *scanner) search(timestamp, from int64) (log.Position, error) {
	batch := make(record.Batch, sc.header.Size())
	if err := readFull(sc.file, batch, sc.at); err != nil {
		return log.Position{}, err
	}
	return log.FindTimestamp(batch, timestamp, from)
}
