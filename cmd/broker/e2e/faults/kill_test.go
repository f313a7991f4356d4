package faults_test

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackdawmq/jackdaw/cmd/broker/e2e/process"
)

// TestKillInALoop kills the broker again and again under load: after some records, while it recovers, and after it stood
// still for a while. Segments are small, so that it also dies while it rolls and compacts.
func TestKillInALoop(t *testing.T) {
	random := newRand(t)
	dirs := []string{filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")}
	b := process.StartIn(t, strings.Join(dirs, ","), "log.segment.bytes=1048576", "log.cleaner.backoff.ms=50", "log.cleaner.min.cleanable.ratio=0.01",
		"log.flush.offset.checkpoint.interval.ms=0", "group.initial.rebalance.delay.ms=0", "offsets.topic.num.partitions=2",
		"offsets.topic.segment.bytes=1048576")
	small, synced := "65536", "5"
	places := slices.Concat(
		createTopic(t, b.Addr, "plain", 3, map[string]*string{"internal.segment.bytes": &small}),
		createTopic(t, b.Addr, "synced", 2, map[string]*string{"internal.segment.bytes": &small, "flush.messages": &synced}))
	tiny, compact := "8192", "compact"
	keyed := createTopic(t, b.Addr, "latest", 1, map[string]*string{"internal.segment.bytes": &tiny, "cleanup.policy": &compact})[0]
	kept := startLatest(t, b.Addr, keyed)
	l := startLoad(t, b.Addr, 3, places)
	for i := range scale(8, 100) {
		if err := l.ledger.await(t.Context(), 1+random.IntN(3000)); err != nil {
			t.Fatal(err)
		}
		if i%3 == 1 {
			b.Signal(syscall.SIGSTOP)
			pause(t.Context(), time.Duration(random.IntN(200))*time.Millisecond)
			b.Signal(syscall.SIGCONT)
		}
		b.Kill()
		if i%4 == 2 {
			b.Launch()
			pause(t.Context(), time.Duration(random.IntN(150))*time.Millisecond)
			b.Kill()
		}
		b.Restart()
		if t.Failed() {
			break
		}
	}
	l.end()
	kept.end()
	b.Stop()
	verified(t, dirs...)
	b.Restart()
	ctx, cancel := context.WithTimeout(t.Context(), hang)
	defer cancel()
	l.ledger.check(readAll(ctx, t, b.Addr, places)) // a clean restart changes nothing
}
