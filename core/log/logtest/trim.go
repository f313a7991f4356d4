package logtest

import (
	"testing/synctest"
	"time"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/vfs"
)

type vfsExtent = vfs.Extent

// retentionPass is long enough for every engine to have looked for old segments once (Kafka's interval is 5 minutes).
const retentionPass = 6 * time.Minute

// pass lets virtual time pass and waits until the engine has done what was due.
func (b *bench) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// forget drops from the expectation what lies at or above an offset.
func (b *bench) forget(to int64) {
	for i, s := range b.contents {
		if s.last >= to {
			b.contents = b.contents[:i]
			return
		}
	}
}

var trimCases = map[string]func(*bench){
	"truncate at a batch": func(b *bench) {
		b.fill(40)
		for _, to := range []int64{150, 120, 117, 60, 57, 3, 0} {
			b.must(b.log.Truncate(to))
			b.forget(to)
			b.wantOffsets(0, min(to, 120))
			b.wantContents()
		}
		b.fill(3)
		b.wantContents()
	},
	"truncate within a batch": func(b *bench) {
		b.fill(10)
		b.must(b.log.Truncate(16))
		b.forget(15)
		b.wantOffsets(0, 15)
		b.wantContents()
		b.fill(10)
		b.wantContents()
	},
	"append and truncate in turn": func(b *bench) {
		for i := range int64(60) {
			b.fill(5)
			to := b.log.Status().EndOffset - 3*(i%6)
			b.must(b.log.Truncate(to))
			b.forget(to)
			b.wantContents()
		}
		size := int64(0)
		for _, s := range b.contents {
			size += int64(len(s.bytes))
		}
		if s := b.log.Status(); s.SizeBytes != size {
			b.Fatalf("%d bytes, want %d", s.SizeBytes, size)
		}
	},
	"truncate below the log start": func(b *bench) {
		b.fill(40)
		b.must(b.log.AdvanceStart(90))
		b.pass(retentionPass)
		b.must(b.log.Truncate(30))
		b.contents = nil
		b.wantOffsets(30, 30)
		b.fill(2)
		b.wantOffsets(30, 36)
		b.wantContents()
	},
	"lookup after truncate": func(b *bench) {
		for i := range int64(40) {
			b.append(at(100*i, 100*i+10, 100*i+20)...)
		}
		b.must(b.log.Truncate(60))
		b.wantLookup(1900, 57, 1900)
		b.wantLookup(1921, -1, -1)
		b.wantLookup(kafka.MaxTimestamp, 59, 1920)
		b.must(b.log.Truncate(59)) // within a batch, which goes
		b.wantLookup(1821, -1, -1)
		b.wantLookup(kafka.MaxTimestamp, 56, 1820)
	},
	"advance the start": func(b *bench) {
		b.fill(40)
		for _, start := range []int64{0, 1, 3, 50, 20, 119, 120} {
			before := b.log.Status().StartOffset
			b.must(b.log.AdvanceStart(start))
			b.wantOffsets(max(start, before), 120)
			b.wantContents()
		}
		b.wantCode(b.log.AdvanceStart(121), kafka.OffsetOutOfRange)
		b.fill(2)
		b.wantOffsets(120, 126)
		b.wantContents()
	},
	"segments below the start go": func(b *bench) {
		b.fill(60)
		before := b.log.Status()
		b.must(b.log.AdvanceStart(120))
		b.pass(retentionPass)
		if s := b.log.Status(); s.Segments >= before.Segments || s.SizeBytes >= before.SizeBytes {
			b.Fatalf("%d segments with %d bytes, before %d with %d", s.Segments, s.SizeBytes, before.Segments, before.SizeBytes)
		}
		b.wantContents()
	},
}
