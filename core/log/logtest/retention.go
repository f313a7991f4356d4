package logtest

import (
	"time"

	"github.com/jackdawmq/jackdaw/core/log"
)

// now makes n records that carry the present time.
func now(n int) []entry {
	list := entries(n, 100)
	for i := range list {
		list[i].timestamp = time.Now().UnixMilli()
	}
	return list
}

func (b *bench) wantStartAbove(offset int64) {
	b.Helper()
	s := b.log.Status()
	if s.StartOffset <= offset {
		b.Fatalf("log start %d, want more than %d", s.StartOffset, offset)
	}
	b.host.mu.Lock()
	defer b.host.mu.Unlock()
	if n := len(b.host.started); n == 0 || b.host.started[n-1] != s.StartOffset {
		b.Fatalf("told of starts %v, the log starts at %d", b.host.started, s.StartOffset)
	}
}

var retentionCases = map[string]func(*bench){
	"by time": func(b *bench) {
		b.configure(func(s *log.Settings) { s.Retention = time.Hour })
		for range 30 {
			b.append(now(3)...)
		}
		b.pass(30 * time.Minute)
		for range 30 {
			b.append(now(3)...)
		}
		b.wantOffsets(0, 180)
		b.pass(40 * time.Minute)
		b.wantStartAbove(0)
		if s := b.log.Status(); s.StartOffset > 90 {
			b.Fatalf("log start %d: records that are not old are gone", s.StartOffset)
		}
		b.wantContents()
	},
	"a record from the future pins its segment": func(b *bench) {
		b.configure(func(s *log.Settings) { s.Retention = time.Hour })
		future := now(1)
		future[0].timestamp += (1000 * time.Hour).Milliseconds()
		b.append(future...)
		for range 30 {
			b.append(now(3)...)
		}
		b.pass(3 * time.Hour)
		b.wantOffsets(0, 91)
	},
	"the whole log expires": func(b *bench) {
		b.configure(func(s *log.Settings) { s.Retention = time.Hour })
		b.append(now(3)...)
		b.pass(2 * time.Hour)
		b.wantOffsets(3, 3)
		b.wantStartAbove(2)
		b.contents = nil
		b.append(now(3)...)
		b.wantOffsets(3, 6)
		b.wantContents()
	},
	"by size": func(b *bench) {
		b.fill(60)
		before := b.log.Status().SizeBytes
		b.configure(func(s *log.Settings) { s.RetentionBytes = 10_000 })
		b.pass(retentionPass)
		b.wantStartAbove(0)
		if s := b.log.Status(); s.SizeBytes < 10_000 || s.SizeBytes >= before {
			b.Fatalf("%d bytes left of %d", s.SizeBytes, before)
		}
		b.wantContents()
	},
	"nothing at or above the high watermark": func(b *bench) {
		b.fill(60)
		b.host.limit(50, 50)
		b.configure(func(s *log.Settings) { s.RetentionBytes = 0 })
		b.pass(retentionPass)
		if s := b.log.Status(); s.StartOffset > 50 {
			b.Fatalf("log start %d is above the high watermark 50", s.StartOffset)
		}
		b.wantContents()
	},
	"not without cleanup.policy=delete": func(b *bench) {
		b.configure(func(s *log.Settings) { s.Retention, s.RetentionBytes, s.Delete = time.Hour, 0, false })
		for range 30 {
			b.append(now(3)...)
		}
		b.pass(3 * time.Hour)
		b.wantOffsets(0, 90)
		b.wantContents()
	},
}
