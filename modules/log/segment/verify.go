package segment

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
)

// Verification. A fetch hands out the bytes of a closed segment without looking at them, so that a bit that a disk lost
// shows only when a client checks the CRC. A task of its own therefore reads every closed segment once after each start,
// slowly: the CRCs and offsets of all batches, and both indexes. What it finds is told, and nothing is changed:
// whether to restore the segment or to go without it is the operator's choice.

// healthVerify is the component of the health report that tells of damaged segments.
const healthVerify = "log verification"

// verifyPause is how often closed segments are looked for when nothing says that there are new ones.
const verifyPause = time.Minute

// verification is what the task has found. Only the task uses damaged.
type verification struct {
	due      chan struct{} // a log was opened, or a segment closed
	damaged  []error
	bytes    prometheus.Counter
	segments prometheus.Counter
}

// maxDamageTold bounds how many damaged segments the health report names.
const maxDamageTold = 10

func newVerification() verification {
	return verification{
		due: make(chan struct{}, 1),
		bytes: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "jackdaw_log_verified_bytes_total", Help: "Bytes of closed segments that the background check has read.",
		}),
		segments: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "jackdaw_log_damaged_segments_total", Help: "Closed segments that the background check found damaged.",
		}),
	}
}

// verifySoon has the task look for closed segments now.
func (e *Engine) verifySoon() {
	select {
	case e.verification.due <- struct{}{}:
	default:
	}
}

// verifier reads closed segments until ctx ends.
func (e *Engine) verifier(ctx context.Context) {
	limit := throttle{rate: float64(e.cfg.VerifyRate)}
	timer := time.NewTimer(verifyPause)
	defer timer.Stop()
	for {
		for _, l := range e.opened() {
			for _, s := range l.view.Load().closed() {
				if s.verified || ctx.Err() != nil {
					continue
				}
				e.verify(ctx, l, s, &limit)
			}
		}
		timer.Reset(verifyPause)
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-e.verification.due:
		}
	}
}

// verify reads one closed segment and tells what is wrong with it. A segment that changes or goes meanwhile is none of
// its business.
func (e *Engine) verify(ctx context.Context, l *partitionLog, s *segment, limit *throttle) {
	size := s.size.Load()
	err := s.verify(ctx, size, limit, e.verification.bytes)
	if ctx.Err() != nil || l.writable() != nil || s.gone.Load() || s.size.Load() != size {
		return
	}
	s.verified = true
	s.batches.close()
	if err == nil {
		return
	}
	l.logger.Error("damaged segment: restore the file from a copy, or delete its records", zap.String("file", s.path(logSuffix)),
		zap.Error(err))
	e.verification.segments.Inc()
	if told := &e.verification.damaged; len(*told) < maxDamageTold {
		*told = append(*told, fmt.Errorf("%s: %w", s.path(logSuffix), err))
	}
	if e.health != nil {
		e.health.Degraded(healthVerify, errors.Join(e.verification.damaged...))
	}
}

// verify reads the first size bytes of a segment and checks CRCs, offsets and both indexes.
func (s *segment) verify(ctx context.Context, size int64, limit *throttle, read prometheus.Counter) error {
	indexes := indexCheck{segment: s, largest: -1}
	if err := indexes.load(); err != nil {
		return err
	}
	h, err := s.batches.acquire()
	if err != nil {
		return err
	}
	defer h.Release()
	r := newBatchReader(h.file, 0, size)
	defer r.close()
	next := s.base
	for {
		at := r.pos
		if err := r.next(); errors.Is(err, errEnd) {
			return indexes.end()
		} else if err != nil {
			return fmt.Errorf("position %d, offset %d: %w", at, next, err)
		}
		if r.header.BaseOffset < next {
			return fmt.Errorf("position %d: offset %d follows %d", at, r.header.BaseOffset, next-1)
		}
		next = r.header.LastOffset() + 1
		if err := indexes.batch(&r.header, at); err != nil {
			return err
		}
		read.Add(float64(r.pos - at))
		if err := limit.pay(ctx, int(r.pos-at)); err != nil {
			return err
		}
	}
}
