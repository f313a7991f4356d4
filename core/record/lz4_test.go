package record_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/pierrec/lz4/v4"

	"github.com/jackdawmq/jackdaw/core/record"
)

// lz4Frame is a frame as the library writes it.
func lz4Frame(t testing.TB, src []byte, options ...lz4.Option) []byte {
	t.Helper()
	var packed bytes.Buffer
	w := lz4.NewWriter(&packed)
	if err := w.Apply(options...); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(src); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

// XXH32 of its specification's kinds of input: nothing, less than a number, numbers and bytes, and lanes with all of them
// behind. The library, whose checksums these are, is the oracle for the rest.
func TestXXH32(t *testing.T) {
	f := func(b string, want uint32) {
		t.Helper()
		if got := record.XXH32([]byte(b)); got != want {
			t.Errorf("%q: %#x, want %#x", b, got, want)
		}
	}
	f("", 0x02cc5d05)
	f("a", 0x550d7456)
	f("abc", 0x32d153ff)
	f("Nobody inspects the spammish repetition", 0xe2293b2f)
	for size := range 200 {
		src := text(size)
		frame := lz4Frame(t, src, lz4.ChecksumOption(true))
		if got, want := record.XXH32(src), binary.LittleEndian.Uint32(frame[len(frame)-4:]); got != want {
			t.Errorf("%d bytes: %#x, want %#x", size, got, want)
		}
	}
}

func TestLZ4RefusesDamage(t *testing.T) {
	src := text(100_000)
	frame := lz4Frame(t, src, lz4.SizeOption(uint64(len(src))), lz4.BlockChecksumOption(true), lz4.ChecksumOption(true), lz4.BlockSizeOption(lz4.Block64Kb))
	const block = 19 // behind the head and the length of the first block
	size := int(binary.LittleEndian.Uint32(frame[15:]))
	f := func(name string, edit func(b []byte) []byte) {
		t.Helper()
		got, err := record.Decompress([]byte("kept"), edit(slices.Clone(frame)), record.LZ4, 1<<20)
		if !errors.Is(err, record.ErrCompressed) || string(got) != "kept" {
			t.Errorf("%s: %d bytes, error %v", name, len(got), err)
		}
	}
	head := func(edit func(b []byte)) func([]byte) []byte {
		return func(b []byte) []byte {
			edit(b)
			b[14] = byte(record.XXH32(b[4:14]) >> 8)
			return b
		}
	}
	flip := func(at int) func([]byte) []byte {
		return func(b []byte) []byte { b[at] ^= 1; return b }
	}
	f("head's checksum", flip(14))
	f("block", flip(block+100))
	f("block's checksum", flip(block+size))
	f("content's checksum", flip(len(frame)-1))
	f("content's size", head(func(b []byte) { b[6]++ }))
	f("version 0", head(func(b []byte) { b[4] &^= 1 << 6 }))
	f("version 3", head(func(b []byte) { b[4] |= 1 << 7 }))
	f("reserved flag", head(func(b []byte) { b[4] |= 1 << 1 }))
	f("dictionary", head(func(b []byte) { b[4] |= 1 }))
	f("reserved bit of the block size", head(func(b []byte) { b[5] |= 1 }))
	f("unknown block size", head(func(b []byte) { b[5] = 3 << 4 }))
	f("block larger than it may be", func(b []byte) []byte { binary.LittleEndian.PutUint32(b[15:], 64<<10+1); return b })
	for cut := range len(frame) {
		if cut < 30 || cut > len(frame)-30 || cut == block+size {
			f("cut", func(b []byte) []byte { return b[:cut] })
		}
	}
}

// However frames are damaged, what is read of them is what the library reads.
func TestLZ4AgreesWithTheLibrary(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	accepted := 0
	for _, options := range [][]lz4.Option{
		{lz4.ChecksumOption(false)}, {lz4.ChecksumOption(true)}, {lz4.ChecksumOption(false), lz4.BlockSizeOption(lz4.Block64Kb)},
	} {
		for _, src := range [][]byte{text(10), text(3000), bytes.Repeat([]byte("jackdaw "), 20_000)} {
			frame := lz4Frame(t, src, options...)
			for range 300 {
				b := slices.Clone(frame)
				for range rng.IntN(3) {
					b[7+rng.IntN(len(b)-7)] ^= 1 << rng.IntN(8)
				}
				got, err := record.Decompress(nil, b, record.LZ4, 1<<20)
				want, wantErr := io.ReadAll(lz4.NewReader(bytes.NewReader(b)))
				if err == nil {
					accepted++
				}
				// The library goes on behind the first frame, and fails there.
				if err == nil && !bytes.Equal(got, want) || err != nil && wantErr == nil {
					t.Fatalf("%x: %d bytes and %v, the library %d bytes and %v", b, len(got), err, len(want), wantErr)
				}
			}
		}
	}
	if accepted < 500 {
		t.Errorf("only %d frames were accepted", accepted)
	}
}

// A block does not say how large its content is, so the limit must hold wherever it cuts, in small blocks and large ones.
func TestLZ4Limit(t *testing.T) {
	src := bytes.Repeat([]byte("jackdaw "), 1<<17)
	for _, size := range []lz4.BlockSize{lz4.Block64Kb, lz4.Block4Mb} {
		frame := lz4Frame(t, src, lz4.BlockSizeOption(size))
		for _, limit := range []int{0, 1, 64<<10 - 1, 64 << 10, len(src) - 1} {
			got, err := record.Decompress([]byte("kept"), frame, record.LZ4, limit)
			if !errors.Is(err, record.ErrLimit) || string(got) != "kept" || cap(got) > 2*limit+4096 {
				t.Errorf("blocks of %v, limit %d: %d of %d bytes, error %v", size, limit, len(got), cap(got), err)
			}
		}
		if got, err := record.Decompress(nil, frame, record.LZ4, len(src)); err != nil || !bytes.Equal(got, src) {
			t.Errorf("blocks of %v: %d bytes back, error %v", size, len(got), err)
		}
	}
}
