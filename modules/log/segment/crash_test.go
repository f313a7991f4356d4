package segment_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/log/logtest"
	"github.com/jackdawmq/jackdaw/core/record"
	"github.com/jackdawmq/jackdaw/core/vfs"
	"github.com/jackdawmq/jackdaw/modules/log/segment"
)

// The crash suite appends, truncates, advances, flushes, restarts and waits at random over a file system in memory, lets
// the machine die at random moments, and compares what the next start finds with what must and may be there.

// crashSeeds is how many random histories a test run plays. A failure prints its seed.
const crashSeeds = 40

// model is what the log may hold: every batch ever appended since the last truncation, in order.
type model struct {
	batches []kept
	stable  int64 // everything below must survive
	start   int64 // log start offset; it may come back lower, by what no checkpoint has noted
}

type kept struct {
	base, last int64
	records    int64
	bytes      []byte
}

// history is one run.
type history struct {
	*testing.T
	seed     uint64
	rng      *rand.Rand
	disk     *vfs.Mem
	hook     func(vfs.Op) error // asked before every file operation
	engine   *segment.Engine
	log      log.Log
	host     *partition
	settings log.Settings
	model    model
}

func (h *history) failf(format string, args ...any) {
	h.Helper()
	h.Fatalf("seed %d: %s", h.seed, fmt.Sprintf(format, args...))
}

func (h *history) must(err error) {
	h.Helper()
	if err != nil {
		h.failf("%v", err)
	}
}

func (h *history) open() {
	h.Helper()
	cfg := segment.DefaultConfig()
	cfg.Dirs = []string{"/data"}
	cfg.CleanerBuffer = 1 << 20
	h.engine = segment.New(cfg, &vfs.Faulty{FS: h.disk, Hook: h.hook}, zap.NewNop())
	h.must(h.engine.Start(h.Context(), log.Identity{NodeID: 1, ClusterID: "crash"}))
	h.host = &partition{}
	l, err := h.engine.Open(h.Context(), specOf(h.settings), h.host)
	h.must(err)
	h.log = l
}

func TestCrash(t *testing.T) {
	for seed := range uint64(crashSeeds) {
		synctest.Test(t, func(t *testing.T) { play(t, seed, false) })
	}
}

func TestCrashWithCompaction(t *testing.T) {
	for seed := range uint64(crashSeeds) {
		synctest.Test(t, func(t *testing.T) { play(t, seed, true) })
	}
}

// newHistory prepares a random log.
func newHistory(t *testing.T, seed uint64, compacted bool) *history {
	h := &history{T: t, seed: seed, rng: rand.New(rand.NewPCG(seed, 7)), disk: vfs.NewMem(), settings: logtest.Settings(),
		hook: func(vfs.Op) error { return nil }}
	h.settings.SegmentBytes = 1024 + h.rng.IntN(4096)
	h.settings.IndexIntervalBytes = h.rng.IntN(600)
	if h.rng.IntN(2) == 0 {
		h.settings.FlushMessages = 1 + int64(h.rng.IntN(2))
	}
	if compacted {
		h.settings.Compact, h.settings.Delete, h.settings.MinDirtyRatio = true, false, 0.01
	}
	return h
}

func play(t *testing.T, seed uint64, compacted bool) {
	h := newHistory(t, seed, compacted)
	defer func() { _ = h.engine.Stop(context.Background()) }() // a failed run has goroutines left
	h.open()
	for range 4 {
		for range h.rng.IntN(80) {
			h.step(compacted)
		}
		h.crash(compacted)
	}
	h.must(h.engine.Stop(t.Context()))
}

// step does one random thing.
func (h *history) step(compacted bool) {
	switch p := h.rng.IntN(100); {
	case p < 75:
		h.append()
	case p < 80 && !compacted: // a compacted log must not be cut below what a follower has acknowledged
		h.truncate()
	case p < 85:
		h.advance()
	case p < 90:
		h.must(h.log.Flush(h.Context()))
		h.model.stable = h.log.Status().EndOffset
	case p < 93:
		h.must(h.engine.Stop(h.Context()))
		h.model.stable = h.host.end
		h.open()
		h.compare(compacted)
	default:
		time.Sleep(time.Duration(h.rng.IntN(400)) * time.Second)
		synctest.Wait()
		h.model.start = max(h.model.start, h.log.Status().StartOffset)
	}
}

func (h *history) append() {
	base := h.log.Status().EndOffset
	if h.rng.IntN(10) == 0 {
		base += int64(h.rng.IntN(5))
	}
	pairs := make([][2][]byte, 1+h.rng.IntN(4))
	for i := range pairs {
		pairs[i] = [2][]byte{fmt.Append(nil, "key", h.rng.IntN(20)), bytes.Repeat([]byte{byte(base)}, h.rng.IntN(300))}
	}
	data := batchOf(h.T, base, time.Now().UnixMilli(), record.Codec(h.rng.IntN(2)), pairs...)
	h.must(h.log.Append(data, infoOf(data)))
	last := base + int64(len(pairs)) - 1
	h.model.batches = append(h.model.batches, kept{base, last, int64(len(pairs)), data})
	h.host.appended(int64(len(pairs)), last+1)
}

func (h *history) truncate() {
	end := h.log.Status().EndOffset
	to := max(end-int64(h.rng.IntN(30)), h.log.Status().StartOffset)
	h.must(h.log.Truncate(to))
	records := int64(0)
	for i, b := range h.model.batches {
		if b.last >= to {
			h.model.batches = h.model.batches[:i]
			break
		}
		records += b.records
	}
	now := h.log.Status().EndOffset
	h.model.stable = min(h.model.stable, now)
	h.host.mu.Lock()
	h.host.records, h.host.end, h.host.stable = records, now, min(h.host.stable, now)
	h.host.aborted = slices.DeleteFunc(h.host.aborted, func(t log.AbortedTxn) bool { return t.LastOffset >= now })
	h.host.mu.Unlock()
}

func (h *history) advance() {
	s := h.log.Status()
	to := s.StartOffset + int64(h.rng.IntN(20))
	if to <= s.EndOffset {
		h.must(h.log.AdvanceStart(to))
		h.model.start = max(h.model.start, to)
	}
}

// crash lets the machine die and start again.
func (h *history) crash(compacted bool) {
	synctest.Wait()
	if h.settings.FlushMessages == 1 { // with more, so many less one may be lost
		h.model.stable = max(h.model.stable, h.host.stable)
	}
	disk := h.disk.CrashClone(h.rng)
	h.must(h.engine.Stop(h.Context())) // ends the goroutines; what it writes goes to the old disk
	h.disk = disk
	h.open()
	h.compare(compacted)
}
