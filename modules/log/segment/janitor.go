package segment

import (
	"context"
	"time"
)

// minCheckpointPause keeps checkpoints from being written all the time when their interval is 0.
const minCheckpointPause = time.Second

// janitor does what is due now and then, until ctx ends: it applies retention, removes deleted files, writes checkpoints
// and gives the descriptors of idle files back.
func (e *Engine) janitor(ctx context.Context) {
	tasks := []*task{
		{every: e.cfg.RetentionCheckInterval, run: e.retain},
		{every: max(e.cfg.RecoveryPointCheckpoint, minCheckpointPause), run: e.writeRecoveryPoints},
		{every: max(e.cfg.StartOffsetCheckpoint, minCheckpointPause), run: e.writeStartOffsets},
		{every: time.Minute, run: e.rest},
	}
	now := time.Now()
	for _, t := range tasks {
		t.due = now.Add(t.every)
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		next := e.trash.next(tasks[0].due)
		for _, t := range tasks {
			if t.due.Before(next) {
				next = t.due
			}
		}
		timer.Reset(time.Until(next))
		select {
		case <-ctx.Done():
			return
		case <-e.trash.added:
			continue
		case now = <-timer.C:
		}
		e.empty(now)
		for _, t := range tasks {
			if !now.Before(t.due) {
				t.run(now)
				t.due = time.Now().Add(t.every)
			}
		}
	}
}

// task is one duty of the janitor.
type task struct {
	every time.Duration
	due   time.Time
	run   func(now time.Time)
}

// retain applies retention to every log.
func (e *Engine) retain(now time.Time) {
	for _, l := range e.opened() {
		l.retain(now)
	}
}

// rest closes the files that nobody used lately.
func (e *Engine) rest(time.Time) {
	for _, l := range e.opened() {
		for _, s := range l.view.Load().segments {
			s.rest()
		}
	}
}

// writeRecoveryPoints writes the offsets that recovery starts from, and the high watermarks.
func (e *Engine) writeRecoveryPoints(time.Time) {
	e.writeCheckpoints(recoveryPoints, highWatermarks)
}

// writeStartOffsets writes the log start offsets.
func (e *Engine) writeStartOffsets(time.Time) { e.writeCheckpoints(startOffsets) }

func (e *Engine) writeCheckpoints(kinds ...checkpointKind) {
	for _, l := range e.opened() {
		l.root.setCheckpoint(highWatermarks, l.spec.TopicPartition, l.host.Bounds().HighWatermark)
		l.noteCheckpoints()
	}
	for _, d := range e.dirs {
		for _, kind := range kinds {
			if d.offline() != nil {
				continue
			}
			if err := d.writeCheckpoint(kind); err != nil {
				e.dirFailed(d, err)
			}
		}
	}
}

// noteCheckpoints tells the directory where the log stands.
func (l *partitionLog) noteCheckpoints() {
	tp := l.spec.TopicPartition
	l.root.setCheckpoint(recoveryPoints, tp, l.recoveryPoint.Load())
	start := l.start.Load()
	if start <= l.view.Load().segments[0].base {
		start = -1 // the files say it
	}
	l.root.setCheckpoint(startOffsets, tp, start)
}
