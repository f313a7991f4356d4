package logtest

import (
	"fmt"
	"time"

	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/record"
)

// compactionPass is long enough for every engine to have looked for compaction work more than once.
const compactionPass = 5 * time.Minute

func (b *bench) compacted() {
	b.configure(func(s *log.Settings) { s.Compact, s.Delete, s.MinDirtyRatio = true, false, 0.01 })
}

// put appends one record with a key in a batch of its own; an empty value is a tombstone.
func (b *bench) put(key, value string) int64 {
	b.Helper()
	e := entry{timestamp: time.Now().UnixMilli(), key: []byte(key)}
	if value != "" {
		e.value = []byte(value)
	}
	offset := b.log.Status().EndOffset
	b.append(e)
	return offset
}

// latest reads the whole log and returns the offset and value of every record by key, and how many there are.
func (b *bench) latest() (values map[string]string, offsets map[string]int64, records int) {
	b.Helper()
	values, offsets = map[string]string{}, map[string]int64{}
	status := b.log.Status()
	for offset := status.StartOffset; offset < status.EndOffset; {
		data := b.read(offset)
		if len(data) == 0 {
			break
		}
		for batch, err := range record.Batches(data) {
			b.must(err)
			b.must(batch.VerifyCRC())
			h := batch.Header()
			if h.LastOffset() < offset {
				b.Fatalf("read at %d returned batch [%d, %d]", offset, h.BaseOffset, h.LastOffset())
			}
			offset = h.LastOffset() + 1
			rs, err := batch.Records(1 << 20)
			b.must(err)
			var r record.Record
			for rs.Next(&r) {
				records++
				values[string(r.Key)], offsets[string(r.Key)] = string(r.Value), h.RecordOffset(&r)
			}
			b.must(rs.Err())
			rs.Close()
		}
	}
	return values, offsets, records
}

var compactionCases = map[string]func(*bench){
	"the last value of a key stays, with its offset": func(b *bench) {
		b.compacted()
		want := map[string]int64{}
		for i := range 400 {
			key := fmt.Sprint("key", i%10)
			want[key] = b.put(key, fmt.Sprint("value", i))
		}
		before := b.log.Status()
		b.pass(compactionPass)
		_, offsets, records := b.latest()
		for key, offset := range want {
			if offsets[key] != offset {
				b.Errorf("%s is at %d, want %d", key, offsets[key], offset)
			}
		}
		if records >= 300 {
			b.Errorf("%d of 400 records are left", records)
		}
		b.wantOffsets(0, 400)
		if s := b.log.Status(); s.SizeBytes >= before.SizeBytes {
			b.Errorf("%d bytes before, %d after", before.SizeBytes, s.SizeBytes)
		}
	},
	"tombstones stay for delete.retention.ms": func(b *bench) {
		b.compacted()
		b.configure(func(s *log.Settings) { s.DeleteRetention = time.Hour })
		b.put("gone", "value")
		b.put("gone", "")
		b.churn()
		if _, offsets, _ := b.latest(); offsets["gone"] != 1 {
			b.Fatalf("the tombstone is at %d, want 1", offsets["gone"])
		}
		b.pass(2 * time.Hour)
		b.churn()
		if _, offsets, _ := b.latest(); offsets["gone"] != 0 {
			b.Fatalf("the tombstone is still there, at %d", offsets["gone"])
		}
	},
	"nothing above the first unstable offset or the high watermark": func(b *bench) {
		b.compacted()
		for range 200 {
			b.put("key", "a value that fills segments")
		}
		for _, limit := range [][2]int64{{200, 10}, {10, 200}} {
			b.host.limit(limit[0], limit[1])
			b.pass(compactionPass)
			if _, _, records := b.latest(); records < 190 {
				b.Fatalf("%d of 200 records are left with the high watermark %d and the first unstable offset %d", records, limit[0], limit[1])
			}
		}
		b.host.limit(200, 200)
		b.pass(compactionPass)
		if _, _, records := b.latest(); records >= 190 {
			b.Fatalf("%d of 200 records are left", records)
		}
	},
	"min.compaction.lag.ms": func(b *bench) {
		b.compacted()
		b.configure(func(s *log.Settings) { s.MinCompactionLag = 2 * time.Hour })
		for range 200 {
			b.put("key", "a value that fills segments")
		}
		b.pass(time.Hour)
		if _, _, records := b.latest(); records != 200 {
			b.Fatalf("%d of 200 records are left", records)
		}
		b.pass(2 * time.Hour)
		if _, _, records := b.latest(); records == 200 {
			b.Fatal("nothing was compacted after the lag")
		}
	},
	"appends and reads go on after": func(b *bench) {
		b.compacted()
		for round := range 5 {
			for i := range 100 {
				b.put(fmt.Sprint("key", i%7), fmt.Sprint("value ", round, i))
			}
			b.pass(compactionPass)
		}
		values, _, _ := b.latest()
		for i := 93; i < 100; i++ {
			if key, want := fmt.Sprint("key", i%7), fmt.Sprint("value ", 4, i); values[key] != want {
				b.Errorf("%s is %q, want %q", key, values[key], want)
			}
		}
	},
}

// churn appends enough for segments to close and lets compaction run.
func (b *bench) churn() {
	b.Helper()
	for range 100 {
		b.put("other", "a value that fills segments, one after the other, until they roll")
	}
	b.pass(compactionPass)
}
