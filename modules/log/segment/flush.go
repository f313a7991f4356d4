package segment

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/jackdawmq/jackdaw/core/log"
)

// Durability, by Kafka's settings. flush.messages=N lets at most N-1 records wait for an fsync: the append that brings in
// the Nth starts one in the background, and the stable offset stays behind until it is done. One fsync serves all appends
// that came before it. flush.ms bounds the age of what is not synced; nobody waits for it. By default neither is set, and
// everything is stable at once. A segment that was rolled is synced in the background in any case, and moves the recovery
// point: recovery never looks at what lies below it.

// flusher is the part of a log that knows what is durable. Guarded by mu.
type flusher struct {
	fresh    bool       // the directory itself, or its first segment, is not durable yet
	rolled   []*segment // closed, but not synced yet
	appended int64      // records since Open
	synced   int64      // of those, how many an fsync has covered
	running  bool       // a goroutine is flushing
	again    bool       // and must flush once more
	timer    *time.Timer
	armed    bool // the timer will fire
}

// stop ends the timer.
func (f *flusher) stop() {
	if f.timer != nil {
		f.timer.Stop()
	}
}

// appended accounts for an append and starts a flush when the settings ask for one. Called with mu held.
func (l *partitionLog) appended(records int, settings *log.Settings) {
	f := &l.flusher
	f.appended += int64(records)
	if l.settled(settings) {
		l.stable.Store(l.end())
	} else {
		l.kickFlushLocked()
	}
	if settings.FlushInterval < 0 || f.armed {
		return
	}
	f.armed = true
	if f.timer == nil {
		f.timer = time.AfterFunc(settings.FlushInterval, l.kickFlush)
	} else {
		f.timer.Reset(settings.FlushInterval)
	}
}

// settled tells whether no more records wait for an fsync than flush.messages allows. Called with mu held.
func (l *partitionLog) settled(settings *log.Settings) bool {
	return settings.FlushMessages == math.MaxInt64 || l.flusher.appended-l.flusher.synced < settings.FlushMessages
}

// stableOffset returns below which offset everything is as durable as the settings ask for.
func (l *partitionLog) stableOffset(end int64) int64 { return min(l.stable.Load(), end) }

// kickFlush starts a flush in the background.
func (l *partitionLog) kickFlush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kickFlushLocked()
}

func (l *partitionLog) kickFlushLocked() {
	f := &l.flusher
	if l.writable() != nil {
		return
	}
	if f.running {
		f.again = true
		return
	}
	f.running = true
	l.engine.background.Go(l.flushLoop)
}

// flushLoop flushes until nobody has asked again meanwhile.
func (l *partitionLog) flushLoop() {
	for more := true; more; {
		_ = l.flush() // a failure has taken the log offline and was reported by that
		l.mu.Lock()
		more = l.flusher.again && l.writable() == nil
		l.flusher.again, l.flusher.running = false, more
		l.mu.Unlock()
	}
}

// Flush makes everything appended so far durable.
func (l *partitionLog) Flush(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return l.flush()
}

// flush syncs what was appended before the call. Those that come while an fsync is under way share the next one.
func (l *partitionLog) flush() error {
	l.flushMu.Lock()
	defer l.flushMu.Unlock()
	work, err := l.flushWork()
	if err != nil {
		return err
	}
	if work.fresh {
		err = l.syncDirectory()
	}
	if err == nil {
		err = l.syncSegments(work.rolled, work.active)
	}
	if err != nil {
		return l.fail(err)
	}
	before, stable := l.flushed(work)
	if stable > before && l.settings.Load().FlushMessages != math.MaxInt64 {
		l.host.Stable(stable)
	}
	return nil
}

// flushWork is what one flush makes durable.
type flushWork struct {
	end, appended int64
	truncated     int
	fresh         bool
	rolled        []*segment
	active        *segment
}

// flushWork collects what there is to do.
func (l *partitionLog) flushWork() (flushWork, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f := &l.flusher
	f.armed = false
	f.again = false // whoever asked appended before this
	return flushWork{end: l.end(), appended: f.appended, truncated: l.truncated,
		fresh: f.fresh, rolled: f.rolled, active: l.active()}, l.writable()
}

// flushed notes what is durable now and returns the stable offset before and after. A truncation meanwhile makes the work
// void.
func (l *partitionLog) flushed(work flushWork) (before, stable int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f := &l.flusher
	before = l.stable.Load()
	f.fresh = f.fresh && !work.fresh
	if l.truncated == work.truncated {
		l.recoveryPoint.Store(work.end)
		f.synced = work.appended
		f.rolled = without(f.rolled, work.rolled)
	}
	stable = max(before, l.recoveryPoint.Load())
	if l.settled(l.settings.Load()) {
		stable = l.end()
	}
	l.stable.Store(stable)
	return before, stable
}

// syncDirectory makes a new partition directory durable.
func (l *partitionLog) syncDirectory() error {
	if err := syncFile(l.engine.fs, l.file(partitionMetadataFile)); err != nil {
		return err
	}
	if err := l.engine.fs.SyncDir(*l.dir.Load()); err != nil {
		return err
	}
	return l.engine.fs.SyncDir(l.root.path)
}

// syncSegments makes closed segments, the active one and the directory durable.
func (l *partitionLog) syncSegments(rolled []*segment, active *segment) error {
	for _, s := range rolled {
		if err := l.saveAborted(s); err != nil {
			return err
		}
		if err := s.syncUnlessGone(true); err != nil {
			return err
		}
		s.offsets.file.close() // look-ups are rare, and open them again
		s.times.file.close()
		if err := l.sides.sync(s.base); err != nil {
			return err
		}
	}
	if err := active.syncUnlessGone(false); err != nil {
		return err
	}
	if len(rolled) == 0 {
		return nil
	}
	if err := l.sides.sync(active.base); err != nil {
		return err
	}
	return l.engine.fs.SyncDir(*l.dir.Load())
}

// syncUnlessGone is sync for a segment that retention, compaction or truncation may take away meanwhile.
func (s *segment) syncUnlessGone(withIndexes bool) error {
	err := s.sync(withIndexes)
	if isMissing(err) && s.gone.Load() {
		return nil
	}
	return err
}

// without returns the segments that are not in another list. It leaves both lists as they are: a flush may be reading them.
func without(segments, gone []*segment) []*segment {
	return slices.DeleteFunc(slices.Clone(segments), func(s *segment) bool { return slices.Contains(gone, s) })
}

// unsynced lists the segments that a clean close has to sync. Called with mu held.
func (l *partitionLog) unsynced(v *view) []*segment {
	return append(l.flusher.rolled[:len(l.flusher.rolled):len(l.flusher.rolled)], v.active())
}
