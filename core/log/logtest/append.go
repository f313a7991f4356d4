package logtest

import (
	"sync"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/record"
)

var appendCases = map[string]func(*bench){
	"a new log is empty": func(b *bench) {
		b.wantOffsets(0, 0)
		if s := b.log.Status(); s.StableOffset != 0 || s.SizeBytes != 0 || s.MaxTimestamp != -1 || s.Failed != nil {
			b.Fatalf("status %+v", s)
		}
		if data := b.read(0); len(data) != 0 {
			b.Fatalf("read %d bytes of an empty log", len(data))
		}
		if b.host.restored != nil || b.host.restoredAt != 0 {
			b.Fatalf("restored %q at %d", b.host.restored, b.host.restoredAt)
		}
	},
	"what was appended is read": func(b *bench) {
		b.fill(1)
		b.wantOffsets(0, 3)
		b.wantContents()
		b.fill(40)
		b.wantOffsets(0, 123)
		b.wantContents()
		size := int64(0)
		for _, s := range b.contents {
			size += int64(len(s.bytes))
		}
		if s := b.log.Status(); s.SizeBytes != size || s.MaxTimestamp != 1000 {
			b.Fatalf("status %+v, want %d bytes", s, size)
		}
	},
	"segments roll by size": func(b *bench) {
		b.fill(60) // about 24 KiB in segments of 4
		if s := b.log.Status(); s.Segments < 4 {
			b.Fatalf("%d segments of %d bytes", s.Segments, s.SizeBytes)
		}
		b.wantContents()
	},
	"a batch larger than a segment": func(b *bench) {
		b.append(entries(1, 10_000)...)
		b.fill(1)
		b.append(entries(1, 20_000)...)
		b.wantContents()
	},
	"several batches at once": func(b *bench) {
		var data []byte
		for i := range int64(5) {
			one := b.encode(i*2, record.None, entries(2, 300))
			data = append(data, one...)
			b.contents = append(b.contents, stored{i * 2, i*2 + 1, one})
		}
		b.must(b.log.Append(data, infoOf(data)))
		b.wantOffsets(0, 10)
		b.fill(3)
		b.wantContents()
	},
	"a gap before a batch": func(b *bench) {
		b.fill(2)
		b.appendAt(100, record.None, entries(2, 10)...)
		b.wantOffsets(0, 102)
		b.wantContents()
		for _, offset := range []int64{6, 50, 99, 100, 101} {
			if h := record.Batch(b.read(offset)).Header(); h.BaseOffset != 100 {
				b.Fatalf("read at %d begins with the batch of %d", offset, h.BaseOffset)
			}
		}
	},
	"offsets beyond 32 bits": func(b *bench) {
		b.fill(1)
		b.appendAt(1<<33, record.None, entries(2, 10)...)
		b.appendAt(1<<35, record.None, entries(2, 10)...)
		b.wantContents()
	},
	"readers while appending": func(b *bench) {
		var readers sync.WaitGroup
		defer readers.Wait()
		for range 3 {
			readers.Go(func() { b.follow(300) })
		}
		for range 100 {
			b.append(entries(3, 50)...)
		}
	},
	"a closed log takes nothing": func(b *bench) {
		b.fill(1)
		b.must(b.log.Close(b.Context()))
		data := b.encode(3, record.None, entries(1, 1))
		b.wantCode(b.log.Append(data, infoOf(data)), kafka.KafkaStorageError)
		b.must(b.log.Close(b.Context()))
	},
}

// follow reads until it has seen an offset, and checks that batches follow each other. It runs beside the appender.
func (b *bench) follow(until int64) {
	for offset := int64(0); offset < until; {
		e, err := b.log.Read(log.ReadRequest{Offset: offset, MaxBytes: 1000, MinOne: true, Before: b.log.Status().EndOffset})
		if err != nil {
			b.Errorf("read at %d: %v", offset, err)
			return
		}
		data := make([]byte, e.Len())
		_, err = e.ReadAt(data, 0)
		e.Release()
		if len(data) > 0 && err != nil {
			b.Errorf("read of the extent at %d: %v", offset, err)
			return
		}
		for batch, err := range record.Batches(data) {
			if err != nil {
				break // the extent ends inside a batch
			}
			h := batch.Header()
			if err := batch.VerifyCRC(); err != nil || h.BaseOffset != offset {
				b.Errorf("at %d: batch at %d: %v", offset, h.BaseOffset, err)
				return
			}
			offset = h.LastOffset() + 1
		}
	}
}
