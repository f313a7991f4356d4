package segment_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/vfs"
)

// round appends, flushes and lets retention and compaction run once: what the tests below interrupt. It calls note before
// each append.
func (h *history) round(appends int, note func()) error {
	for i := range appends {
		note()
		base := h.log.Status().EndOffset
		data := valueBatch(h.T, base, time.Now().UnixMilli(), 1+i%3, 40+i%200)
		if err := h.log.Append(data, infoOf(data)); err != nil {
			return err
		}
		info := infoOf(data)
		h.model.batches = append(h.model.batches, kept{info.BaseOffset, info.LastOffset, int64(info.Records), data})
		h.host.appended(int64(info.Records), info.LastOffset+1)
		if i%16 == 15 {
			if err := h.log.Flush(h.Context()); err != nil {
				return err
			}
			h.model.stable = h.log.Status().EndOffset
		}
	}
	note()
	return nil
}

// TestCrashAtEveryOperation lets the machine die before each single file operation of a round, and of the compaction after
// it.
func TestCrashAtEveryOperation(t *testing.T) {
	for _, compacted := range []bool{false, true} {
		for die := int64(1); ; die += 1 + die/40 {
			reached := false
			synctest.Test(t, func(t *testing.T) { reached = dieAt(t, die, compacted) })
			if !reached {
				break
			}
		}
	}
}

func dieAt(t *testing.T, die int64, compacted bool) (reached bool) {
	h := newHistory(t, uint64(die), compacted)
	h.settings.SegmentBytes, h.settings.FlushMessages = 2048, 1
	var (
		ops    atomic.Int64
		opened atomic.Pointer[partition]
		mu     sync.Mutex
		clone  *vfs.Mem
		then   model // when the machine died, but for an append that was under way
		seen   model
	)
	h.hook = func(vfs.Op) error {
		if ops.Add(1) == die {
			mu.Lock()
			defer mu.Unlock()
			then = seen
			if host := opened.Load(); host != nil { // before the clone: the log goes on meanwhile
				then.stable = max(then.stable, host.reported())
			}
			clone = h.disk.CrashClone(rand.New(rand.NewPCG(uint64(die), 1)))
		}
		return nil
	}
	defer func() { _ = h.engine.Stop(context.Background()) }()
	h.open()
	opened.Store(h.host)
	h.must(h.round(80, func() {
		mu.Lock()
		defer mu.Unlock()
		seen = model{batches: slices.Clip(h.model.batches), stable: h.model.stable}
	}))
	h.pass(10 * time.Minute)
	if clone == nil {
		return false
	}
	h.must(h.engine.Stop(t.Context()))
	h.hook = func(vfs.Op) error { return nil }
	h.disk, h.model.stable = clone, then.stable
	// The append that was under way may be there: its batch is the next one of the whole history.
	h.model.batches = h.model.batches[:min(len(then.batches)+1, len(h.model.batches))]
	h.open()
	h.compare(compacted)
	return true
}

func (h *history) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// reported returns the highest offset that the log called stable.
func (p *partition) reported() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stable
}

// TestFaultAtEveryOperation makes each single file operation of a round fail, writes also half-way. Whatever was
// acknowledged must be there when the log is opened again, and a log that failed takes no appends.
func TestFaultAtEveryOperation(t *testing.T) {
	for _, fault := range []error{syscall.EIO, &vfs.Torn{N: 30, Err: syscall.ENOSPC}} {
		for _, compacted := range []bool{false, true} {
			for fail := int64(1); ; fail += 1 + fail/40 {
				reached := false
				synctest.Test(t, func(t *testing.T) { reached = failAt(t, fail, fault, compacted) })
				if !reached {
					break
				}
			}
		}
	}
}

func failAt(t *testing.T, fail int64, fault error, compacted bool) (reached bool) {
	h := newHistory(t, uint64(fail), compacted)
	h.settings.SegmentBytes = 2048
	h.settings.FileDeleteDelay = time.Second
	var ops, opened atomic.Int64
	var failed atomic.Pointer[vfs.Op]
	h.hook = func(op vfs.Op) error {
		if n := ops.Add(1) - opened.Load(); opened.Load() > 0 && n == fail {
			failed.Store(&op)
			return fault
		}
		return nil
	}
	defer func() { _ = h.engine.Stop(context.Background()) }()
	h.open()
	opened.Store(ops.Load())
	err := h.round(80, func() {})
	h.pass(10 * time.Minute)
	if failed.Load() == nil {
		return false
	}
	op := *failed.Load()
	status := h.log.Status()
	if err != nil && kafka.CodeOf(err) != kafka.KafkaStorageError {
		h.failf("%v: append failed with %v", op, err)
	}
	if err != nil && (status.Failed == nil || h.host.failure() == nil || h.engine.Dirs()[0].Err == nil) {
		h.failf("%v: append failed with %v, yet the log is online: %+v", op, err, status)
	}
	if status.Failed != nil {
		data := valueBatch(t, status.EndOffset, 0, 1, 1)
		if err := h.log.Append(data, infoOf(data)); kafka.CodeOf(err) != kafka.KafkaStorageError {
			h.failf("%v: append to an offline log: %v", op, err)
		}
		if _, err := h.log.Read(log.ReadRequest{MaxBytes: 1, Before: 1}); kafka.CodeOf(err) != kafka.KafkaStorageError {
			h.failf("%v: read of an offline log: %v", op, err)
		}
		if err := h.host.failure(); !errors.Is(err, syscall.EIO) && !errors.Is(err, syscall.ENOSPC) {
			h.failf("%v: the host was told %v", op, err)
		}
	}
	_ = h.engine.Stop(t.Context())
	h.hook = func(vfs.Op) error { return nil }
	if n := len(h.model.batches); n > 0 {
		h.model.stable = h.model.batches[n-1].last + 1 // no machine died: what was acknowledged is there
	}
	h.open()
	// An append that failed may be there in part; whole batches of it would be no harm, but are not in the model.
	h.compare(compacted)
	return true
}
