package segment

import (
	"context"
	"fmt"

	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/record"
)

// openLog opens the log in a partition directory. clean says that it was closed properly.
func (e *Engine) openLog(ctx context.Context, root *dataDir, dir string, spec log.Spec, host log.Host, clean bool) (*partitionLog, error) {
	l := &partitionLog{engine: e, root: root, spec: spec, host: host,
		logger: e.logger.With(zap.Stringer("log", spec.TopicPartition))}
	l.dir.Store(&dir)
	l.settings.Store(&spec.Settings)
	l.sides.fs, l.sides.dir = e.fs, &l.dir
	l.recoveryPoint.Store(root.checkpoint(recoveryPoints, spec.TopicPartition, 0))
	files, err := l.list()
	if err != nil {
		return nil, err
	}
	segments, trusted, err := l.load(ctx, files, clean)
	if err != nil {
		return nil, err
	}
	if err := l.begin(segments, root.checkpoint(startOffsets, spec.TopicPartition, 0)); err != nil {
		return nil, err
	}
	if clean && len(l.flusher.rolled) == 0 {
		l.recoveryPoint.Store(l.end())
	}
	if err := l.restore(ctx, trusted); err != nil {
		return nil, fmt.Errorf("restore the producer state: %w", err)
	}
	if len(l.flusher.rolled) > 0 {
		l.kickFlush()
	}
	return l, nil
}

// begin installs the segments and the log start offset.
func (l *partitionLog) begin(segments []*segment, start int64) error {
	if n := len(segments); n > 0 && segments[n-1].next.Load() < start {
		// Only what DeleteRecords had taken away survived: the log goes on from there.
		for i := n - 1; i >= 0; i-- {
			segments[i].close()
			if err := l.removeFiles(segments[i].base, logSuffix, indexSuffix, timeIndexSuffix); err != nil {
				return err
			}
		}
		segments = nil
	}
	if len(segments) == 0 {
		s, err := l.create(start)
		if err != nil {
			return err
		}
		s.close() // no descriptor before the first use
		l.flusher.fresh = true
		segments = []*segment{s}
	}
	l.view.Store(newView(segments))
	end := l.end()
	l.start.Store(max(start, min(segments[0].base, end)))
	l.stable.Store(end)
	l.recoveryPoint.Store(min(l.recoveryPoint.Load(), end))
	return nil
}

// restore gives the partition its newest usable snapshot, the aborted transactions that go with it, and all batches after
// it. From trusted on, the side files may be missing what a crash did not let be written.
func (l *partitionLog) restore(ctx context.Context, trusted int64) error {
	if err := l.dropStraySides(); err != nil {
		return err
	}
	aborted, complete, err := l.loadAborted(trusted)
	if err != nil {
		return err
	}
	from := l.view.Load().segments[0].base
	for {
		offset := l.sides.newest(complete)
		if offset < 0 {
			if err := l.host.Restore(nil, nil, from); err != nil {
				return err
			}
			break
		}
		name := l.file(fileName(offset, snapshotSuffix))
		data, err := readFile(l.engine.fs, name, maxSideFile)
		if err == nil {
			err = l.host.Restore(data, below(aborted, offset), offset)
		}
		if err == nil {
			from = offset
			break
		}
		// A crash can leave a snapshot that is not whole. The one before it needs more replay, nothing else.
		l.logger.Warn("dropping a producer snapshot", zap.String("file", name), zap.Error(err))
		if err := l.sides.remove(snapshotSuffix, func(o int64) bool { return o == offset }); err != nil {
			return err
		}
	}
	if complete < trusted {
		l.rewriteAborted(complete)
	}
	if err := l.sides.prune(l.view.Load().segments); err != nil {
		return err
	}
	return l.replay(ctx, from)
}

// dropStraySides removes what a crash left of side files: snapshots above the log end, and lists of aborted transactions of
// segments that are gone.
func (l *partitionLog) dropStraySides() error {
	v, end := l.view.Load(), l.end()
	if err := l.sides.remove(snapshotSuffix, func(offset int64) bool { return offset > end }); err != nil {
		return err
	}
	return l.sides.remove(txnIndexSuffix, func(base int64) bool { return v.segments[v.holding(base)].base != base })
}

// replay gives the partition every batch that ends at or after an offset.
func (l *partitionLog) replay(ctx context.Context, from int64) error {
	v := l.view.Load()
	for _, s := range v.segments[v.holding(from):] {
		if s.next.Load() <= from {
			continue
		}
		err := s.each(ctx, from, func(h *record.Header, b record.Batch) (more bool, err error) {
			return true, l.host.Replay(h, b)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
