package tcp_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/vfs"
	"github.com/jackdawmq/jackdaw/core/wire"
	"github.com/jackdawmq/jackdaw/modules/network/tcp"
)

// released counts extents that were handed out and given back.
type released struct{ out, back atomic.Int64 }

func (r *released) extent(b []byte) vfs.Extent {
	r.out.Add(1)
	return vfs.MemExtent(b, r)
}

func (r *released) file(f vfs.File, off int64, n int) vfs.Extent {
	r.out.Add(1)
	return vfs.FileExtent(f, off, n, r)
}

// Release implements vfs.Ref.
func (r *released) Release() { r.back.Add(1) }

func (r *released) check(tb testing.TB, n int64) {
	tb.Helper()
	eventually(tb, "extents are released", func() bool { return r.back.Load() >= n })
	if r.out.Load() != n || r.back.Load() != n {
		tb.Errorf("%d extents handed out, %d releases, want %d", r.out.Load(), r.back.Load(), n)
	}
}

// dataFile writes random bytes to a file and opens it.
func dataFile(tb testing.TB, n int) (vfs.File, []byte) {
	tb.Helper()
	data := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(data)
	f, err := vfs.OS{}.OpenFile(filepath.Join(tb.TempDir(), "00000000000000000000.log"), os.O_RDWR|os.O_CREATE)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = f.Close() })
	if _, err := f.WriteAt(data, 0); err != nil {
		tb.Fatal(err)
	}
	return f, data
}

// splicing answers with pieces of a file and of memory between bytes of the body, chosen by the request's body.
func splicing(f vfs.File, data []byte, refs *released) (route api.Route, want func(seed byte) []byte) {
	type part struct {
		off, n int
		kind   int // 0: body, 1: memory, 2: file
	}
	parts := func(seed byte) []part {
		rng := rand.New(rand.NewPCG(uint64(seed), 1))
		list := make([]part, 1+rng.IntN(30))
		for i := range list {
			n := []int{0, 1, 100, 5_000, 16<<10 - 1, 16 << 10, 100_000, 1<<20 + 7}[rng.IntN(8)]
			list[i] = part{rng.IntN(len(data) - n), n, rng.IntN(3)}
		}
		return list
	}
	route = answer(wire.Fetch, func(c *api.Call) {
		for _, p := range parts(c.Body[0]) {
			switch p.kind {
			case 0:
				c.Response.Body = append(c.Response.Body, data[p.off:p.off+p.n]...)
			case 1:
				c.Response.Splice(refs.extent(data[p.off : p.off+p.n]))
			case 2:
				c.Response.Splice(refs.file(f, int64(p.off), p.n))
			}
		}
	})
	want = func(seed byte) []byte {
		var b []byte
		for _, p := range parts(seed) {
			b = append(b, data[p.off:p.off+p.n]...)
		}
		return b
	}
	return route, want
}

func TestSplicedResponsesOfManyReadersOfOneFile(t *testing.T) {
	f, data := dataFile(t, 8<<20)
	refs := &released{}
	route, want := splicing(f, data, refs)
	s := serve(t, tcp.DefaultConfig(), route)
	var wg sync.WaitGroup
	for reader := range 4 {
		c := dial(t, s.addr)
		wg.Go(func() {
			for i := range 15 {
				seed := byte(reader*15 + i)
				if _, err := c.Write(frame(wire.Fetch, 12, int32(i), []byte{seed})); err != nil {
					t.Error(err)
					return
				}
				got, err := c.tryReceive()
				if err != nil || !bytes.Equal(got[5:], want(seed)) {
					t.Errorf("reader %d, seed %d: wrong bytes (error %v)", reader, seed, err)
					return
				}
			}
		})
	}
	wg.Wait()
	refs.check(t, refs.out.Load())
	if sent := s.metric(t, "jackdaw_network_sendfile_bytes_total"); (sent > 0) != hasSendfile {
		t.Errorf("%v bytes by sendfile", sent)
	}
}

func TestFilesWithoutDescriptorAreCopied(t *testing.T) {
	var fs vfs.FS = vfs.NewMem()
	f, err := fs.OpenFile("log", os.O_RDWR|os.O_CREATE)
	if err != nil {
		t.Fatal(err)
	}
	data := bytes.Repeat([]byte("0123456789"), 1<<17)
	if _, err := f.WriteAt(data, 0); err != nil {
		t.Fatal(err)
	}
	refs := &released{}
	s := serve(t, tcp.DefaultConfig(), answer(wire.Fetch, func(c *api.Call) {
		c.Response.Body = append(c.Response.Body, "head"...)
		c.Response.Splice(refs.file(f, 3, len(data)-5))
		c.Response.Body = append(c.Response.Body, "tail"...)
	}))
	c := dial(t, s.addr)
	c.send(wire.Fetch, 4, 9, nil)
	c.expect(9, append(append([]byte("head"), data[3:len(data)-2]...), "tail"...))
	refs.check(t, 1)
}

// Small ranges of files that are copied where one write becomes full and the next begins.
func TestCopiedExtentsAcrossWrites(t *testing.T) {
	f, data := dataFile(t, 1<<20)
	refs := &released{}
	const head, piece, pieces = 1<<20 - 8000, 5000, 4
	s := serve(t, tcp.DefaultConfig(), answer(wire.Fetch, func(c *api.Call) {
		c.Response.Body = append(c.Response.Body, data[:head]...)
		for i := range pieces {
			c.Response.Splice(refs.file(f, int64(i*piece), piece))
		}
	}))
	c := dial(t, s.addr)
	c.send(wire.Fetch, 4, 9, nil)
	c.expect(9, append(append([]byte{}, data[:head]...), data[:pieces*piece]...))
	refs.check(t, pieces)
}

func TestTruncatedFileEndsTheConnection(t *testing.T) {
	for name, n := range map[string]int{"sendfile": 100_000, "copy": 1000} {
		t.Run(name, func(t *testing.T) {
			f, _ := dataFile(t, n/2)
			refs := &released{}
			s := serve(t, tcp.DefaultConfig(), answer(wire.Fetch, func(c *api.Call) {
				c.Response.Splice(refs.file(f, 0, n))
				c.Response.Splice(refs.file(f, 0, n))
			}))
			c := dial(t, s.addr)
			c.send(wire.Fetch, 4, 9, nil)
			if _, err := c.tryReceive(); !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
				t.Errorf("error %v", err)
			}
			refs.check(t, 2)
		})
	}
}

func TestSlowReadersDoNotPinExtentsForever(t *testing.T) {
	cfg := tcp.DefaultConfig()
	cfg.MaxIdle = 200 * time.Millisecond
	f, data := dataFile(t, 32<<20)
	refs := &released{}
	s := serve(t, cfg, answer(wire.Fetch, func(c *api.Call) {
		if c.Body[0] == 'f' {
			c.Response.Splice(refs.file(f, 0, len(data)))
		} else {
			c.Response.Splice(refs.extent(data))
		}
	}))
	for _, kind := range []string{"file", "memory"} {
		dial(t, s.addr).send(wire.Fetch, 4, 1, []byte(kind)) // and never reads
	}
	refs.check(t, 2)
}

func TestResponsesOfEverySize(t *testing.T) {
	s := serve(t, tcp.DefaultConfig(), answer(wire.Metadata, func(c *api.Call) {
		n := int(c.Body[0])<<16 | int(c.Body[1])<<8 | int(c.Body[2])
		c.Response.Body = append(c.Response.Body, make([]byte, n)...)
	}))
	c := dial(t, s.addr)
	for i, n := range []int{0, 1, 500, 512, 64 << 10, 64<<10 + 1, 128 << 10, 1 << 20, 1<<20 - 9, 3 << 20, 10} {
		c.send(wire.Metadata, 9, int32(i), []byte{byte(n >> 16), byte(n >> 8), byte(n)})
		c.expect(int32(i), make([]byte, 1+n))
	}
}
