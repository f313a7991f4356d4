package shard

import (
	"context"
	"time"

	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/coordinator"
)

// load builds the state from the log and opens the shard for requests. A partition that cannot be read is tried again
// until the shard is dropped. unsubscribe ends the notifications of the high watermark.
func (s *shard[S]) load(ctx context.Context) (unsubscribe func(), ok bool) {
	for pause := firstRetry; ; pause = min(2*pause, lastRetry) {
		started := time.Now()
		unsubscribe, records, err := s.replayAll(ctx)
		if err == nil {
			level := zap.InfoLevel
			if records == 0 { // there are fifty of them when the internal topic is new
				level = zap.DebugLevel
			}
			s.Log.Log(level, "coordinator loaded", zap.Stringer("partition", s.tp), zap.Int("records", records),
				zap.Duration("took", time.Since(started)))
			s.open()
			return unsubscribe, true
		}
		if ctx.Err() != nil {
			return nil, false
		}
		s.Log.Error("coordinator cannot load its partition and tries again", zap.Stringer("partition", s.tp), zap.Error(err))
		select {
		case <-ctx.Done():
			return nil, false
		case <-time.After(pause):
		}
	}
}

// replayAll subscribes to the high watermark first, so that no move of it is missed, and replays every record.
func (s *shard[S]) replayAll(ctx context.Context) (unsubscribe func(), records int, err error) {
	s.state = s.NewState(s.tp.Partition)
	unsubscribe, err = s.Writer.NotifyCommitted(s.tp, s.committed)
	if err != nil {
		return nil, 0, err
	}
	err = s.Reader.ReadAll(ctx, s.tp, func(r coordinator.Record) error {
		records++
		s.end = r.Offset + 1
		if _, err := s.state.Replay(&r); err != nil {
			s.Log.Error("record skipped", zap.Stringer("partition", s.tp), zap.Int64("offset", r.Offset), zap.Error(err))
		}
		return nil
	})
	if err != nil {
		unsubscribe()
		return nil, records, err
	}
	return unsubscribe, records, nil
}

// open lets requests in, those first that were queued before.
func (s *shard[S]) open() {
	t := &Turn{Now: time.Now()}
	s.state.Loaded(t)
	s.absorb(t)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.loaded = true
}
