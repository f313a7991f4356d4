package record_test

import (
	"testing"

	"github.com/jackdawmq/jackdaw/core/record"
)

// About 16 KiB of records, the default batch.size of Kafka's producer.
const benchRecords = 100

func BenchmarkValidate(b *testing.B) {
	for _, codec := range codecs {
		b.Run(codec.String(), func(b *testing.B) {
			batch := build(b, func(h *record.Header) { h.Attributes = int16(codec) }, fillMany(benchRecords))
			o := options(nil)
			b.SetBytes(int64(len(batch)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := record.Validate(batch, o, testTime); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkBuild(b *testing.B) {
	for _, codec := range codecs {
		b.Run(codec.String(), func(b *testing.B) {
			h := record.NewHeader()
			h.Attributes = int16(codec)
			fill := fillMany(benchRecords)
			var builder record.Builder
			var buffer []byte
			b.ReportAllocs()
			for b.Loop() {
				builder.Reset(buffer[:0], h)
				fill(&builder)
				var err error
				if buffer, err = builder.Finish(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkIterate(b *testing.B) {
	batch := build(b, nil, fillMany(benchRecords))
	b.SetBytes(int64(len(batch)))
	b.ReportAllocs()
	for b.Loop() {
		records, err := batch.Records(1 << 20)
		if err != nil {
			b.Fatal(err)
		}
		for r := (record.Record{}); records.Next(&r); {
		}
	}
}
