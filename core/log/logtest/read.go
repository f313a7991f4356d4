package logtest

import (
	"bytes"
	"math"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/record"
)

var readCases = map[string]func(*bench){
	"offsets out of range": func(b *bench) {
		b.fill(5)
		b.must(b.log.AdvanceStart(4))
		for _, offset := range []int64{-1, 0, 3, 16, math.MaxInt64} {
			_, err := b.tryRead(log.ReadRequest{Offset: offset, MaxBytes: 100, MinOne: true, Before: 15})
			b.wantCode(err, kafka.OffsetOutOfRange)
		}
		for _, minOne := range []bool{true, false} {
			data, err := b.tryRead(log.ReadRequest{Offset: 15, MaxBytes: 100, MinOne: minOne, Before: 15})
			if len(data) != 0 || err != nil {
				b.Fatalf("read at the log end: %d bytes, %v", len(data), err)
			}
		}
	},
	"the batch that holds the offset": func(b *bench) {
		b.fill(30)
		for offset := range int64(90) {
			if h := record.Batch(b.read(offset)).Header(); h.BaseOffset != offset/3*3 {
				b.Fatalf("read at %d begins with the batch of %d", offset, h.BaseOffset)
			}
		}
	},
	"max bytes": func(b *bench) {
		b.fill(6)
		size := len(b.contents[0].bytes)
		for _, limit := range []int{0, 1, size - 1, size, size + 1, 2*size + 7, 5 * size} {
			// An implementation may return less than asked for, but whole first batches only.
			whole, err := b.tryRead(log.ReadRequest{Offset: 4, MaxBytes: limit, MinOne: true, Before: 18})
			b.must(err)
			if len(whole) < size || len(whole) > max(limit, size) {
				b.Fatalf("limit %d with MinOne: %d bytes", limit, len(whole))
			}
			cut, err := b.tryRead(log.ReadRequest{Offset: 4, MaxBytes: limit, Before: 18})
			b.must(err)
			if limit < size && len(cut) != 0 || limit >= size && (len(cut) < size || len(cut) > limit) {
				b.Fatalf("limit %d: %d bytes", limit, len(cut))
			}
		}
	},
	"nothing at or above Before": func(b *bench) {
		b.fill(40)
		for before := int64(0); before <= 120; before += 3 {
			for offset := int64(0); offset < 120; offset += 7 {
				data, err := b.tryRead(log.ReadRequest{Offset: offset, MaxBytes: 1 << 20, MinOne: true, Before: before})
				b.must(err)
				if (len(data) == 0) != (offset >= before) {
					b.Fatalf("read at %d before %d: %d bytes", offset, before, len(data))
				}
				for batch, err := range record.Batches(data) {
					b.must(err)
					if h := batch.Header(); h.LastOffset() >= before {
						b.Fatalf("read at %d before %d returned batch %d", offset, before, h.BaseOffset)
					}
				}
			}
		}
	},
	"an extent outlives its segment": func(b *bench) {
		b.fill(40)
		first, err := b.log.Read(log.ReadRequest{Offset: 0, MaxBytes: 800, Before: 120})
		b.must(err)
		newest, err := b.log.Read(log.ReadRequest{Offset: 117, MaxBytes: 800, Before: 120})
		b.must(err)
		b.must(b.log.AdvanceStart(100))
		b.pass(retentionPass)
		b.must(b.engine.Delete(b.Context(), b.spec.TopicPartition, b.spec.TopicID))
		b.pass(2 * b.spec.Settings.FileDeleteDelay)
		for want, e := range map[*stored]vfsExtent{&b.contents[0]: first, &b.contents[39]: newest} {
			data := make([]byte, len(want.bytes))
			if _, err := e.ReadAt(data, 0); err != nil && e.Len() > len(data) {
				b.Fatal(err)
			}
			if !bytes.Equal(data, want.bytes) {
				b.Fatalf("the extent of [%d, %d] changed", want.base, want.last)
			}
			e.Release()
		}
	},
	"an extent outlives the log": func(b *bench) {
		b.fill(1)
		e, err := b.log.Read(log.ReadRequest{Offset: 0, MaxBytes: 1 << 20, Before: 3})
		b.must(err)
		b.must(b.log.Close(b.Context()))
		data := make([]byte, e.Len())
		if _, err := e.ReadAt(data, 0); err != nil || !bytes.Equal(data, b.contents[0].bytes) {
			b.Fatalf("after Close: %v", err)
		}
		e.Release()
	},
}
