package logtest

import (
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/record"
)

// at makes records with the given timestamps.
func at(timestamps ...int64) []entry {
	list := entries(len(timestamps), 100)
	for i, ts := range timestamps {
		list[i].timestamp = ts
	}
	return list
}

func (b *bench) wantLookup(timestamp, offset, found int64) {
	b.Helper()
	got, err := b.log.Lookup(b.Context(), timestamp)
	b.must(err)
	want := log.Position{Offset: offset, Timestamp: found, LeaderEpoch: epochOf}
	if offset < 0 {
		want.LeaderEpoch = got.LeaderEpoch
	}
	if got != want {
		b.Fatalf("lookup of %d: %+v, want %+v", timestamp, got, want)
	}
}

var lookupCases = map[string]func(*bench){
	"an empty log": func(b *bench) {
		b.wantLookup(0, -1, -1)
		b.wantLookup(kafka.MaxTimestamp, -1, -1)
	},
	"rising timestamps": func(b *bench) {
		for i := range int64(40) {
			b.append(at(100*i, 100*i+10, 100*i+20)...)
		}
		for i := range int64(40) {
			b.wantLookup(100*i, 3*i, 100*i)
			b.wantLookup(100*i+1, 3*i+1, 100*i+10)
			b.wantLookup(100*i+20, 3*i+2, 100*i+20)
		}
		b.wantLookup(3921, -1, -1)
		b.wantLookup(kafka.MaxTimestamp, 119, 3920)
		b.wantLookup(0, 0, 0)
	},
	"timestamps out of order": func(b *bench) {
		b.append(at(50, 900, 20)...)
		for range 30 {
			b.append(at(10, 20, 30)...)
		}
		b.append(at(500, 900, 1)...)
		b.wantLookup(40, 0, 50)
		b.wantLookup(60, 1, 900)
		b.wantLookup(901, -1, -1)
		b.wantLookup(kafka.MaxTimestamp, 1, 900)
	},
	"compressed batches": func(b *bench) {
		for i, codec := range []record.Codec{record.Gzip, record.Snappy, record.LZ4, record.Zstd} {
			base := int64(3 * i)
			b.appendAt(base, codec, at(10*base, 10*base+10, 10*base+20)...)
		}
		for offset := range int64(12) {
			b.wantLookup(10*offset-9, offset, 10*offset)
		}
	},
	"from the log start": func(b *bench) {
		for i := range int64(40) {
			b.append(at(100*i, 100*i+10, 100*i+20)...)
		}
		b.must(b.log.AdvanceStart(61))
		b.wantLookup(0, 61, 2010)
		b.wantLookup(2000, 61, 2010)
		b.wantLookup(2011, 62, 2020)
	},
}
