package logtest

import (
	"bytes"
	"fmt"

	"github.com/jackdawmq/jackdaw/core/log"
)

func (b *bench) save(kind log.StateKind, offset int64, data string) {
	b.Helper()
	own := []byte(data)
	b.must(b.log.SaveState(kind, offset, own))
	clear(own) // the log must not keep it
}

func (b *bench) wantState(kind log.StateKind, offset int64, want string) {
	b.Helper()
	data, at, err := b.log.LoadState(kind)
	b.must(err)
	if at != offset || !bytes.Equal(data, []byte(want)) {
		b.Fatalf("state %d: %q at %d, want %q at %d", kind, data, at, want, offset)
	}
}

var stateCases = map[string]func(*bench){
	"nothing saved": func(b *bench) {
		for _, kind := range []log.StateKind{log.ProducerSnapshot, log.LeaderEpochs, log.AbortedTxns} {
			if data, at, err := b.log.LoadState(kind); data != nil || at != -1 || err != nil {
				b.Fatalf("state %d: %q at %d, %v", kind, data, at, err)
			}
		}
	},
	"the newest snapshot": func(b *bench) {
		b.fill(10)
		b.save(log.ProducerSnapshot, 6, "six")
		b.save(log.ProducerSnapshot, 12, "twelve")
		b.wantState(log.ProducerSnapshot, 12, "twelve")
		b.save(log.ProducerSnapshot, 12, "twelve again")
		b.wantState(log.ProducerSnapshot, 12, "twelve again")
	},
	"leader epochs are replaced": func(b *bench) {
		b.save(log.LeaderEpochs, 0, "0\n1\n0 0\n")
		b.save(log.LeaderEpochs, 0, "0\n2\n0 0\n4 17\n")
		data, _, err := b.log.LoadState(log.LeaderEpochs)
		b.must(err)
		if want := "0\n2\n0 0\n4 17\n"; string(data) != want {
			b.Fatalf("leader epochs %q", data)
		}
	},
	"aborted transactions of a segment": func(b *bench) {
		b.save(log.AbortedTxns, 0, "aborted")
		b.wantState(log.AbortedTxns, 0, "aborted")
	},
	"truncation drops snapshots above": func(b *bench) {
		b.fill(10)
		b.save(log.ProducerSnapshot, 30, "thirty")
		b.must(b.log.Truncate(15))
		data, at, err := b.log.LoadState(log.ProducerSnapshot)
		b.must(err)
		if at > 15 {
			b.Fatalf("snapshot %q at %d is above the log end", data, at)
		}
	},
}

var stableCases = map[string]func(*bench){
	"everything is stable by default": func(b *bench) {
		b.fill(3)
		if s := b.log.Status(); s.StableOffset != s.EndOffset {
			b.Fatalf("stable offset %d, end %d", s.StableOffset, s.EndOffset)
		}
	},
	"flush.messages=1": func(b *bench) {
		b.configure(func(s *log.Settings) { s.FlushMessages = 1 })
		for range 20 {
			b.fill(1)
		}
		b.pass(0)
		b.wantStable(60)
	},
	"flush.messages=10": func(b *bench) {
		b.configure(func(s *log.Settings) { s.FlushMessages = 10 })
		b.fill(8)
		b.pass(0)
		b.wantStable(24)
	},
	"Flush": func(b *bench) {
		b.fill(3)
		b.must(b.log.Flush(b.Context()))
		b.must(b.log.Flush(b.Context()))
		b.wantStable(9)
	},
}

// wantStable checks the stable offset, and that the host was told of no offset beyond it and of none twice.
func (b *bench) wantStable(offset int64) {
	b.Helper()
	if s := b.log.Status(); s.StableOffset != offset {
		b.Fatalf("stable offset %d of %d, want %d", s.StableOffset, s.EndOffset, offset)
	}
	b.host.mu.Lock()
	defer b.host.mu.Unlock()
	last := int64(0)
	for _, told := range b.host.stable {
		if told <= last || told > offset {
			b.Fatal(fmt.Sprint("told of stable offsets ", b.host.stable))
		}
		last = told
	}
}
