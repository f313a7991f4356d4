package logtest

import (
	"fmt"

	"github.com/jackdawmq/jackdaw/core/log"
)

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
