package logtest

import (
	"slices"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/log"
)

// stateCases are about what a log keeps for its partition beside the batches, from one start to the next.
var stateCases = map[string]func(*bench){
	"nothing saved": func(b *bench) {
		if data, err := b.log.LoadEpochs(); data != nil || err != nil {
			b.Fatalf("leader epochs %q, %v", data, err)
		}
	},
	"leader epochs are replaced": func(b *bench) {
		b.fill(40)
		for _, list := range []string{"0\n1\n0 0\n", "0\n2\n0 0\n4 17\n"} {
			own := []byte(list)
			b.must(b.log.SaveEpochs(own))
			clear(own) // the log must not keep it
			for range 2 {
				if data, err := b.log.LoadEpochs(); string(data) != list || err != nil {
					b.Fatalf("leader epochs %q, %v, want %q", data, err, list)
				}
				b.restart()
			}
		}
	},
	"a clean close keeps the producer state": func(b *bench) {
		b.fill(5)
		b.host.snapshot = []byte("state at the end")
		b.restart()
		if string(b.host.restored) != "state at the end" || b.host.restoredAt != 15 || len(b.host.replayed) != 0 {
			b.Fatalf("restored %q at %d, replayed %d batches", b.host.restored, b.host.restoredAt, len(b.host.replayed))
		}
	},
	"a closed partition without producer state is replayed": func(b *bench) {
		b.fill(40)
		b.restart()
		b.wantReplay()
	},
	"truncation drops snapshots above": func(b *bench) {
		b.host.snapshot = []byte("state at a roll")
		b.fill(40)
		b.host.snapshot = nil
		b.must(b.log.Truncate(60))
		b.forget(60)
		b.restart()
		b.wantReplay()
	},
	"aborted transactions": func(b *bench) {
		b.host.snapshot = []byte("state")
		b.abort(0, 2)
		b.abort(7, 40)
		b.abort(41, 41)
		b.fill(20)
		b.wantAborted()
		b.abort(61, 62)
		b.abort(50, 119)
		b.fill(20)
		b.wantAborted()
		b.fill(20)
		b.wantAborted()
	},
	"aborted transactions of what was truncated": func(b *bench) {
		b.host.snapshot = []byte("state")
		b.abort(0, 2)
		b.abort(7, 40)
		b.fill(20)
		b.wantAborted()
		b.must(b.log.Truncate(30))
		b.forget(30)
		b.host.aborted = b.host.aborted[:1]
		b.fill(40)
		b.wantAborted()
	},
	"aborted transactions of what was deleted": func(b *bench) {
		b.host.snapshot = []byte("state")
		b.abort(0, 2)
		b.abort(7, 119)
		b.fill(40)
		b.wantAborted()
		b.must(b.log.AdvanceStart(100))
		b.pass(retentionPass)
		b.host.aborted = b.host.aborted[1:]
		b.wantAborted()
	},
}

// abort has the partition know of an aborted transaction, whose marker is the record at last.
func (b *bench) abort(first, last int64) {
	b.host.mu.Lock()
	defer b.host.mu.Unlock()
	b.host.aborted = append(b.host.aborted, log.AbortedTxn{
		ProducerID: kafka.ProducerID(last), FirstOffset: first, LastOffset: last, LastStableOffset: last + 1,
	})
}

// wantAborted restarts and compares what the partition is told with what it knew.
func (b *bench) wantAborted() {
	b.Helper()
	want := b.host.aborted
	snapshot := b.host.snapshot
	b.restart()
	if b.host.restoredAt != b.log.Status().EndOffset || !slices.Equal(b.host.restoredAborted, want) {
		b.Fatalf("restored at %d with the aborted transactions %+v, want %+v", b.host.restoredAt, b.host.restoredAborted, want)
	}
	b.host.aborted, b.host.snapshot = want, snapshot
}

// wantReplay checks that every batch behind the restored snapshot was replayed.
func (b *bench) wantReplay() {
	b.Helper()
	end := b.log.Status().EndOffset
	if b.host.restoredAt+int64(3*len(b.host.replayed)) != end {
		b.Fatalf("restored %q at %d, then replayed %d batches of 3 up to %d", b.host.restored, b.host.restoredAt, len(b.host.replayed), end)
	}
	for i, h := range b.host.replayed {
		if h.BaseOffset != b.host.restoredAt+int64(3*i) {
			b.Fatalf("replay %d is of the batch at %d", i, h.BaseOffset)
		}
	}
}
