package record_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/snappy"
	"github.com/pierrec/lz4/v4"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/record"
)

// text returns n bytes that compress somewhat.
func text(n int) []byte {
	rng := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, n)
	for i := range b {
		b[i] = "abcdefgh"[rng.IntN(8)]
	}
	return b
}

func compress(t testing.TB, codec record.Codec, src []byte, level int) []byte {
	t.Helper()
	b, err := record.Compress(nil, src, codec, level)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestCodecsRoundTrip(t *testing.T) {
	levels := map[record.Codec][]int{
		record.None: {0}, record.Snappy: {0}, record.Gzip: {-1, 0, 1, 9}, record.LZ4: {0, 1, 9, 17}, record.Zstd: {0, -5, 3, 22},
	}
	for _, codec := range codecs {
		for _, size := range []int{0, 1, 100, 32 << 10, 300_000} {
			for _, level := range levels[codec] {
				src := text(size)
				packed := compress(t, codec, src, level)
				got, err := record.Decompress([]byte("kept"), packed, codec, size)
				if err != nil || !bytes.Equal(got, append([]byte("kept"), src...)) {
					t.Errorf("%v level %d, %d bytes: %d bytes back, error %v", codec, level, size, len(got), err)
				}
			}
		}
	}
}

// What a client's library compresses must be read here.
func TestCodecsReadFranzGo(t *testing.T) {
	for codec, theirs := range map[record.Codec]kgo.CompressionCodec{
		record.Gzip: kgo.GzipCompression(), record.Snappy: kgo.SnappyCompression(),
		record.LZ4: kgo.Lz4Compression(), record.Zstd: kgo.ZstdCompression(),
	} {
		compressor, err := kgo.DefaultCompressor(theirs)
		if err != nil {
			t.Fatal(err)
		}
		src := text(200_000)
		packed, _ := compressor.Compress(new(bytes.Buffer), src)
		got, err := record.Decompress(nil, packed, codec, len(src))
		if err != nil || !bytes.Equal(got, src) {
			t.Errorf("%v: %d bytes back, error %v", codec, len(got), err)
		}
	}
}

func TestDecompressForms(t *testing.T) {
	src := text(100_000)
	f := func(name string, codec record.Codec, packed []byte, want []byte) {
		t.Helper()
		got, err := record.Decompress(nil, packed, codec, 1<<20)
		if want == nil && !errors.Is(err, record.ErrCompressed) {
			t.Errorf("%s: accepted, error %v", name, err)
		}
		if want != nil && (err != nil || !bytes.Equal(got, want)) {
			t.Errorf("%s: %d bytes back, error %v", name, len(got), err)
		}
	}
	gz, lz := compress(t, record.Gzip, src, 0), compress(t, record.LZ4, src, 0)
	xerial, zs := compress(t, record.Snappy, src, 0), compress(t, record.Zstd, src, 0)

	f("gzip with garbage behind", record.Gzip, slices.Concat(gz, []byte("garbage")), src)
	f("gzip of two members", record.Gzip, slices.Concat(gz, gz), slices.Concat(src, src))
	f("gzip cut", record.Gzip, gz[:len(gz)-1], nil)
	f("no gzip", record.Gzip, []byte("garbage"), nil)
	f("empty gzip", record.Gzip, nil, nil)
	f("bare snappy", record.Snappy, snappy.Encode(nil, src), src)
	f("two snappy streams", record.Snappy, slices.Concat(xerial, xerial), slices.Concat(src, src))
	f("s2 with repeats", record.Snappy, s2.EncodeBest(nil, build(t, nil, fillMany(50))[record.HeaderSize:]), nil)
	f("zstd with garbage behind", record.Zstd, slices.Concat(zs, []byte("garbage")), nil)
	f("snappy cut", record.Snappy, xerial[:len(xerial)-1], nil)
	f("snappy header cut", record.Snappy, xerial[:12], nil)
	f("snappy block length cut", record.Snappy, xerial[:18], nil)
	f("no snappy", record.Snappy, []byte{0xff, 0xff, 0xff, 0xff, 0xff}, nil)
	f("lz4 with garbage behind", record.LZ4, slices.Concat(lz, []byte("garbage")), src)
	f("lz4 cut", record.LZ4, lz[:len(lz)-1], nil)
	f("no lz4", record.LZ4, []byte("garbage"), nil)
	f("zstd cut", record.Zstd, zs[:len(zs)-1], nil)
	f("no zstd", record.Zstd, []byte("garbage"), nil)

	corrupt := slices.Clone(gz)
	corrupt[len(corrupt)-5]++ // its CRC
	f("gzip with a wrong checksum", record.Gzip, corrupt, nil)
	if _, err := record.Decompress(nil, src, 5, 1<<20); kafka.CodeOf(err) != kafka.InvalidRecord {
		t.Errorf("codec 5: %v", err)
	}
}

// Java can't read frames whose blocks refer to earlier ones, so that one of them would stop every Java consumer.
func TestLZ4RefusesLinkedBlocks(t *testing.T) {
	f := func(name string, flags, checksum byte, ok bool) {
		t.Helper()
		frame := []byte{0x04, 0x22, 0x4d, 0x18, flags, 0x40, checksum}
		frame = binary.LittleEndian.AppendUint32(frame, 5|1<<31) // stored
		frame = append(append(frame, "plain"...), 0, 0, 0, 0)
		got, err := record.Decompress(nil, frame, record.LZ4, 1<<20)
		if ok && (err != nil || string(got) != "plain") || !ok && !errors.Is(err, record.ErrCompressed) {
			t.Errorf("%s: %q, error %v", name, got, err)
		}
	}
	f("independent blocks", 0x60, 0x82, true)
	f("linked blocks", 0x40, 0xc0, false)
}

// Frames of other clients carry sizes and checksums that ours do not.
func TestLZ4Options(t *testing.T) {
	src := text(200_000)
	for name, options := range map[string][]lz4.Option{
		"content size": {lz4.SizeOption(uint64(len(src)))}, "block checksums": {lz4.BlockChecksumOption(true)},
		"content checksum": {lz4.ChecksumOption(true)}, "none": {lz4.ChecksumOption(false)},
		"all": {lz4.SizeOption(uint64(len(src))), lz4.BlockChecksumOption(true), lz4.ChecksumOption(true)},
	} {
		var frame bytes.Buffer
		w := lz4.NewWriter(&frame)
		if err := w.Apply(options...); err != nil {
			t.Fatal(err)
		}
		_, err := w.Write(src)
		if err := errors.Join(err, w.Close()); err != nil {
			t.Fatal(err)
		}
		got, err := record.Decompress(nil, append(frame.Bytes(), "garbage"...), record.LZ4, len(src))
		if err != nil || !bytes.Equal(got, src) {
			t.Errorf("%s: %d bytes back, error %v", name, len(got), err)
		}
	}
}

// Level 9 is Kafka's default, and its fast compressor.
func TestLZ4DefaultLevel(t *testing.T) {
	src := text(10_000)
	fast := compress(t, record.LZ4, src, record.DefaultLevel)
	if !bytes.Equal(compress(t, record.LZ4, src, 9), fast) || bytes.Equal(compress(t, record.LZ4, src, 17), fast) {
		t.Error("level 9 must be the default, and 17 another one")
	}
}

// A bomb must end in an error, and cost little more memory than the limit.
func TestDecompressIsBounded(t *testing.T) {
	const limit = 1 << 20
	zeros := make([]byte, 64<<20)
	for _, codec := range codecs[1:] {
		bomb := compress(t, codec, zeros, 0)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		got, err := record.Decompress(nil, bomb, codec, limit)
		runtime.ReadMemStats(&after)
		if !errors.Is(err, record.ErrLimit) || len(got) != 0 {
			t.Errorf("%v: %d bytes, error %v", codec, len(got), err)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 8*limit {
			t.Errorf("%v: a bomb of %d bytes took %d bytes of memory", codec, len(bomb), used)
		}
		if _, err := record.Decompress(nil, compress(t, codec, zeros[:limit], 0), codec, limit); err != nil {
			t.Errorf("%v: exactly the limit: %v", codec, err)
		}
		if _, err := record.Decompress(nil, compress(t, codec, zeros[:limit+1], 0), codec, limit); !errors.Is(err, record.ErrLimit) {
			t.Errorf("%v: one byte more than the limit: %v", codec, err)
		}
	}
}

// A frame may ask for a window of 512 MiB and hold a single byte.
func TestZstdWindowIsNotAllocated(t *testing.T) {
	for _, window := range []byte{0x88, 0x98, 0xff} {
		frame := []byte{0x28, 0xb5, 0x2f, 0xfd, 0, window, 0x01 | 1<<1 | 1<<3, 0, 0, 'x'} // last block, run of one byte
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		got, err := record.Decompress(nil, frame, record.Zstd, 1<<20)
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > 4<<20 {
			t.Errorf("window %#x took %d bytes", window, used)
		}
		if window == 0x88 && (err != nil || string(got) != "x") {
			t.Errorf("window %#x: %q, error %v", window, got, err)
		}
	}
}

func TestParseCodec(t *testing.T) {
	for name, want := range map[string]record.Codec{"producer": record.ProducerCodec, "uncompressed": record.None,
		"gzip": record.Gzip, "snappy": record.Snappy, "lz4": record.LZ4, "zstd": record.Zstd} {
		if got, ok := record.ParseCodec(name); !ok || got != want {
			t.Errorf("ParseCodec(%q) = %v, %v", name, got, ok)
		}
	}
	if _, ok := record.ParseCodec("brotli"); ok {
		t.Error("brotli is a codec")
	}
}
