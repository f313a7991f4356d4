package record_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/jackdawmq/jackdaw/core/record"
)

// BenchmarkValidateProduced validates 1 MB of JSON-like records of 1 KiB as franz-go's producer compresses them.
func BenchmarkValidateProduced(b *testing.B) {
	for _, codec := range codecs {
		b.Run(codec.String(), func(b *testing.B) {
			values := jsonValues(1024)
			plain := build(b, nil, func(b *record.Builder) {
				for i := range 1_000_000 / 1040 {
					b.Append(testTime, nil, values[i%len(values)])
				}
			})
			batch := produced(b, plain, codec)
			o := options(nil)
			b.SetBytes(int64(len(plain)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := record.Validate(batch, o, testTime); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// produced compresses the records of plain as franz-go does.
func produced(b *testing.B, plain record.Batch, codec record.Codec) record.Batch {
	if codec == record.None {
		return plain
	}
	theirs := map[record.Codec]kgo.CompressionCodec{
		record.Gzip: kgo.GzipCompression(), record.Snappy: kgo.SnappyCompression(),
		record.LZ4: kgo.Lz4Compression(), record.Zstd: kgo.ZstdCompression(),
	}
	compressor, err := kgo.DefaultCompressor(theirs[codec])
	if err != nil {
		b.Fatal(err)
	}
	packed, _ := compressor.Compress(new(bytes.Buffer), plain[record.HeaderSize:])
	batch := append(slices.Clone(plain[:record.HeaderSize]), packed...)
	binary.BigEndian.PutUint32(batch[8:], uint32(len(batch)-12))
	binary.BigEndian.PutUint16(batch[21:], uint16(codec))
	sign(batch)
	return batch
}

func jsonValues(size int) [][]byte {
	random := rand.New(rand.NewPCG(1, 2))
	values := make([][]byte, 512)
	for i := range values {
		var b strings.Builder
		for b.Len() < size {
			fmt.Fprintf(&b, `{"id":%d,"user":"user-%d","amount":%.2f,"state":"shipped"}`, random.Int64(), random.IntN(10000), random.Float64()*1000)
		}
		values[i] = []byte(b.String()[:size])
	}
	return values
}

// A Java client's LZ4: blocks of 64 KiB without checksums.
func BenchmarkValidateJavaLZ4(b *testing.B) {
	values := jsonValues(1024)
	batch := build(b, func(h *record.Header) { h.Attributes = int16(record.LZ4) }, func(b *record.Builder) {
		for i := range 1_000_000 / 1040 {
			b.Append(testTime, nil, values[i%len(values)])
		}
	})
	o := options(nil)
	b.SetBytes(1_000_000)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := record.Validate(batch, o, testTime); err != nil {
			b.Fatal(err)
		}
	}
}
