package record_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/record"
)

const fuzzLimit = 1 << 20

// FuzzBatches walks whatever bytes as batches and their records.
func FuzzBatches(f *testing.F) {
	for _, codec := range codecs {
		f.Add([]byte(build(f, func(h *record.Header) { h.Attributes = int16(codec) }, fillMany(3))))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		seen := 0
		for batch, err := range record.Batches(data) {
			if err != nil {
				return
			}
			seen += len(batch)
			walk(batch)
			_, _, _ = record.ParseMarker(batch)
		}
		if seen != len(data) {
			t.Errorf("saw %d of %d bytes without an error", seen, len(data))
		}
	})
}

// walk touches every byte of every record.
func walk(batch record.Batch) {
	records, err := batch.Records(fuzzLimit)
	if err != nil {
		return
	}
	defer records.Close()
	sum := 0
	for r := (record.Record{}); records.Next(&r); {
		for h := range r.Headers() {
			sum += len(bytes.Clone(h.Key)) + len(bytes.Clone(h.Value))
		}
		sum += len(bytes.Clone(r.Key)) + len(bytes.Clone(r.Value))
	}
}

// FuzzValidate checks that an accepted batch is one that every reader can read again.
func FuzzValidate(f *testing.F) {
	for _, codec := range codecs {
		f.Add([]byte(build(f, func(h *record.Header) { h.Attributes = int16(codec) }, fillMany(3))), int8(record.ProducerCodec))
		f.Add([]byte(build(f, nil, fillMany(2))), int8(codec))
	}
	f.Fuzz(func(t *testing.T, data []byte, codec int8) {
		if codec < -1 || codec > 4 {
			return
		}
		if len(data) >= record.HeaderSize {
			sign(data) // otherwise nothing gets past the CRC
		}
		o := options(func(o *record.ValidateOptions) { o.Codec, o.DecompressLimit = record.Codec(codec), fuzzLimit })
		result, err := record.Validate(data, o, testTime)
		if err != nil {
			if kafka.CodeOf(err) == kafka.UnknownServerError {
				t.Fatalf("%v carries no code", err)
			}
			return
		}
		if err := result.Batch.VerifyCRC(); err != nil {
			t.Fatal(err)
		}
		records, err := result.Batch.Records(fuzzLimit)
		if err != nil {
			t.Fatal(err)
		}
		defer records.Close()
		count := int32(0)
		for r := (record.Record{}); records.Next(&r); {
			count++
		}
		if records.Err() != nil || count != result.Header.Count {
			t.Fatalf("%d of %d records, %v", count, result.Header.Count, records.Err())
		}
	})
}

func fuzzDecompress(f *testing.F, codec record.Codec) {
	for _, size := range []int{0, 10, 100_000} {
		f.Add(compress(f, codec, text(size), 0))
	}
	f.Add(compress(f, codec, make([]byte, 4*fuzzLimit), 0))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := record.Decompress([]byte("kept"), data, codec, fuzzLimit)
		if len(got) < 4 || len(got) > 4+fuzzLimit || string(got[:4]) != "kept" {
			t.Fatalf("%d bytes came back", len(got))
		}
		if err != nil && (!errors.Is(err, record.ErrCompressed) && !errors.Is(err, record.ErrLimit) || len(got) != 4) {
			t.Fatalf("%d bytes, error %v", len(got), err)
		}
	})
}

func FuzzGzip(f *testing.F)   { fuzzDecompress(f, record.Gzip) }
func FuzzSnappy(f *testing.F) { fuzzDecompress(f, record.Snappy) }
func FuzzLZ4(f *testing.F)    { fuzzDecompress(f, record.LZ4) }
func FuzzZstd(f *testing.F)   { fuzzDecompress(f, record.Zstd) }
