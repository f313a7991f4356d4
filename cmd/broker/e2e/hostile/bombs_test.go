package hostile_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"slices"
	"sync"
	"testing"

	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// The largest batch that a topic takes is 1 MiB: that is what a bomb has to make the most of.
const bombSize = 1 << 20

// bombs returns compressed records that become far larger than they are, by name.
func bombs(t *testing.T) map[string][]byte {
	t.Helper()
	zeros := make([]byte, 16<<20)
	huge := binary.AppendUvarint(nil, 1<<32-1)
	xerial := []byte("\x82SNAPPY\x00\x00\x00\x00\x01\x00\x00\x00\x01")
	block := snappy.Encode(nil, zeros)
	framed := func(b []byte) []byte { return append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...) }
	member, frame := gzipped(t, zeros), zstandard(t, zeros)
	nested := gzipped(t, bytes.Repeat(member, 60))
	return map[string][]byte{
		"gzip":                       bytes.Repeat(member, bombSize/len(member)-1),
		"gzip in gzip":               nested,
		"zstd":                       bytes.Repeat(frame, 1024),
		"zstd that announces 2^62":   append([]byte{0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0, 0, 0, 0, 0, 0, 0, 0x40}, frame[6:]...),
		"zstd with a huge window":    append([]byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xff}, frame[6:]...),
		"lz4":                        lz4Bomb(t),
		"snappy":                     block[:min(len(block), bombSize-100)],
		"snappy that announces 2^32": append(huge, block[4:1000]...),
		"xerial":                     slices.Concat(xerial, framed(block[:]), framed(block)),
		"xerial with a huge block":   slices.Concat(xerial, []byte{0x7f, 0xff, 0xff, 0xff}, huge),
		"xerial of many blocks":      append(xerial, bytes.Repeat(framed(snappy.Encode(nil, nil)), 200_000)...),
	}
}

func gzipped(t *testing.T, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func zstandard(t *testing.T, b []byte) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return w.EncodeAll(b, nil)
}

func lz4Bomb(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	w := lz4.NewWriter(&out)
	if err := w.Apply(lz4.BlockSizeOption(lz4.Block4Mb), lz4.ChecksumOption(false)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(make([]byte, 200<<20)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

var codecs = map[byte]int16{'g': 1, 's': 2, 'x': 2, 'l': 3, 'z': 4} // by the first letter of a bomb's name

// Decompression bombs in every codec, many at the same time.
func TestDecompressionBombs(t *testing.T) {
	tg := attack(t)
	tg.createVictim()
	var running sync.WaitGroup
	for name, records := range bombs(t) {
		b := newBatch()
		b.Attributes, b.Records = codecs[name[0]], records
		for range scale(2, 12) {
			running.Go(func() {
				w, err := tg.dial()
				if err != nil {
					t.Error(err)
					return
				}
				defer func() { _ = w.Close() }()
				for range scale(2, 10) {
					resp, err := w.request(produceRequest(victimTopic, encode(b)))
					if err != nil {
						t.Errorf("%s of %d bytes: %v", name, len(records), err)
						return
					}
					if code := produceCode(resp); code == 0 || code == -1 {
						t.Errorf("%s of %d bytes: error code %d", name, len(records), code)
					}
				}
			})
		}
	}
	running.Wait()
}

// Batches that count more records than there are, and records that are longer than their batch.
func TestBatchesThatCountMoreThanTheyHold(t *testing.T) {
	tg := attack(t)
	tg.createVictim()
	w := tg.connect()
	for _, length := range []int64{-1, 0, 1, 1 << 20, 1<<31 - 1} {
		for _, count := range []int32{2, 1000, 1 << 20, 1<<31 - 1} {
			b := newBatch()
			b.NumRecords, b.LastOffsetDelta = count, count-1
			b.Records = append(binary.AppendVarint(nil, length), b.Records[1:]...)
			if code, gone := tg.produceRaw(w, encode(b)); gone || code == 0 || code == -1 {
				t.Errorf("%d records of %d bytes: error code %d, closed %t", count, length, code, gone)
			}
		}
	}
}
