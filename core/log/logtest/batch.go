package logtest

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/record"
)

// stored is a batch that the log holds.
type stored struct {
	base, last int64
	bytes      []byte
}

// entry is a record to append. A nil value is a tombstone.
type entry struct {
	timestamp  int64
	key, value []byte
}

// entries makes n records with a value of size bytes.
func entries(n, size int) []entry {
	list := make([]entry, n)
	for i := range list {
		list[i] = entry{timestamp: 1000, key: fmt.Append(nil, "k", i), value: []byte(strings.Repeat("v", size))}
	}
	return list
}

// encode builds one batch.
func (b *bench) encode(base int64, codec record.Codec, list []entry) []byte {
	b.Helper()
	h := record.NewHeader()
	h.BaseOffset, h.LeaderEpoch, h.Attributes = base, 5, int16(codec)
	var builder record.Builder
	builder.Reset(nil, h)
	for _, e := range list {
		builder.Append(e.timestamp, e.key, e.value)
	}
	data, err := builder.Finish()
	b.must(err)
	return data
}

// append adds one batch at the log end and remembers it.
func (b *bench) append(list ...entry) {
	b.Helper()
	b.appendAt(b.log.Status().EndOffset, record.None, list...)
}

func (b *bench) appendAt(base int64, codec record.Codec, list ...entry) {
	b.Helper()
	data := b.encode(base, codec, list)
	b.must(b.log.Append(data, infoOf(data)))
	b.contents = append(b.contents, stored{base: base, last: base + int64(len(list)) - 1, bytes: bytes.Clone(data)})
	clear(data) // the log must not keep the caller's buffer
}

// fill appends n batches of three records.
func (b *bench) fill(n int) {
	b.Helper()
	for range n {
		b.append(entries(3, 100)...)
	}
}

// infoOf describes the batches in data.
func infoOf(data []byte) log.AppendInfo {
	info := log.AppendInfo{MaxTimestamp: -1}
	first := true
	for batch, err := range record.Batches(data) {
		if err != nil {
			panic("BUG: the suite appends a broken batch: " + err.Error())
		}
		h := batch.Header()
		if first {
			info.BaseOffset, first = h.BaseOffset, false
		}
		info.LastOffset = h.LastOffset()
		info.MaxTimestamp = max(info.MaxTimestamp, h.MaxTimestamp)
		info.Records += int(h.Count)
	}
	return info
}

// read reads with plenty of room up to the log end.
func (b *bench) read(offset int64) []byte {
	b.Helper()
	data, err := b.tryRead(log.ReadRequest{
		Offset: offset, MaxBytes: 1 << 20, MinOne: true, Before: b.log.Status().EndOffset,
	})
	b.must(err)
	return data
}

func (b *bench) tryRead(r log.ReadRequest) ([]byte, error) {
	b.Helper()
	e, err := b.log.Read(r)
	if err != nil {
		return nil, err
	}
	defer e.Release()
	data := make([]byte, e.Len())
	if _, err := e.ReadAt(data, 0); len(data) > 0 && err != nil {
		b.Fatalf("read of the extent: %v", err)
	}
	return data, nil
}

// wantContents reads the whole log from its start and compares it with what was appended.
func (b *bench) wantContents() {
	b.Helper()
	status := b.log.Status()
	offset := status.StartOffset
	want := b.contents
	for len(want) > 0 && want[0].last < offset {
		want = want[1:]
	}
	for offset < status.EndOffset {
		data := b.read(offset)
		if len(data) == 0 {
			break
		}
		for batch, err := range record.Batches(data) {
			b.must(err)
			if len(want) == 0 {
				b.Fatalf("batch %+v at %d is too much", batch.Header(), offset)
			}
			if !bytes.Equal(batch, want[0].bytes) {
				b.Fatalf("at %d: batch %+v, want the one of [%d, %d]", offset, batch.Header(), want[0].base, want[0].last)
			}
			offset, want = want[0].last+1, want[1:]
		}
	}
	if len(want) > 0 {
		b.Fatalf("batch [%d, %d] is missing, read up to %d of %+v", want[0].base, want[0].last, offset, status)
	}
}

// epochOf is the leader epoch of every batch of the suite.
const epochOf = kafka.LeaderEpoch(5)
