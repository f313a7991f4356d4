package tcp_test

import (
	"syscall"
	"testing"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/vfs"
	"github.com/jackdawmq/jackdaw/core/wire"
	"github.com/jackdawmq/jackdaw/modules/network/tcp"
)

// roundTrip sends a request and reads its response without allocating.
type roundTrip struct {
	c       *client
	request []byte
	buf     []byte
	size    int // of the response, its size field included
}

func newRoundTrip(tb testing.TB, s *server, request []byte, responseSize int) *roundTrip {
	tb.Helper()
	return &roundTrip{c: dial(tb, s.addr), request: request, buf: make([]byte, 256<<10), size: responseSize}
}

func (r *roundTrip) do(tb testing.TB) {
	tb.Helper()
	if _, err := r.c.Write(r.request); err != nil {
		tb.Fatal(err)
	}
	for left := r.size; left > 0; {
		n, err := r.c.Read(r.buf[:min(left, len(r.buf))])
		if err != nil {
			tb.Fatal(err)
		}
		left -= n
	}
}

// fixed answers 30 bytes, whatever was asked.
func fixed(key int16) api.Route {
	response := make([]byte, 30)
	return answer(key, func(c *api.Call) { c.Response.Body = append(c.Response.Body, response...) })
}

// fetching answers 100 bytes and the extent.
func fetching(e vfs.Extent) api.Route {
	header := make([]byte, 100)
	return answer(wire.Fetch, func(c *api.Call) {
		c.Response.Body = append(c.Response.Body, header...)
		c.Response.Splice(e)
		c.Response.Body = append(c.Response.Body, header[:3]...)
	})
}

// TestRequestsDoNotAllocate fixes the allocations of the network layer for each request, on a connection that runs.
func TestRequestsDoNotAllocate(t *testing.T) {
	f, data := dataFile(t, 1<<20)
	for name, tc := range map[string]struct {
		route    api.Route
		request  []byte
		response int
		max      float64
	}{
		"small produce":     {fixed(wire.Produce), frame(wire.Produce, 9, 1, make([]byte, 100)), 9 + 30, 0},
		"produce 16 KiB":    {fixed(wire.Produce), frame(wire.Produce, 9, 1, make([]byte, 16<<10)), 9 + 30, 0},
		"produce 1 MiB":     {fixed(wire.Produce), frame(wire.Produce, 9, 1, make([]byte, 1<<20)), 9 + 30, 0},
		"fetch by copy":     {fetching(vfs.FileExtent(f, 0, 1000, nil)), frame(wire.Fetch, 12, 1, make([]byte, 100)), 9 + 103 + 1000, 0},
		"fetch by memory":   {fetching(vfs.MemExtent(data, nil)), frame(wire.Fetch, 12, 1, make([]byte, 100)), 9 + 103 + len(data), 0},
		"fetch by sendfile": {fetching(vfs.FileExtent(f, 0, len(data), nil)), frame(wire.Fetch, 12, 1, make([]byte, 100)), 9 + 103 + len(data), 0},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRoundTrip(t, serve(t, tcp.DefaultConfig(), tc.route), tc.request, tc.response)
			for range 10 {
				r.do(t)
			}
			if n := testing.AllocsPerRun(200, func() { r.do(t) }); n > tc.max {
				t.Errorf("%v allocations, at most %v are allowed", n, tc.max)
			}
		})
	}
}

func bench(b *testing.B, route api.Route, request []byte, response int) {
	b.Helper()
	r := newRoundTrip(b, serve(b, tcp.DefaultConfig(), route), request, response)
	b.SetBytes(int64(len(request) + response))
	b.ReportAllocs()
	for b.Loop() {
		r.do(b)
	}
}

func BenchmarkSmallRequest(b *testing.B) {
	bench(b, fixed(wire.Metadata), frame(wire.Metadata, 9, 1, make([]byte, 30)), 9+30)
}

func BenchmarkProduce16KiB(b *testing.B) {
	bench(b, fixed(wire.Produce), frame(wire.Produce, 9, 1, make([]byte, 16<<10)), 9+30)
}

func BenchmarkProduce1MiB(b *testing.B) {
	bench(b, fixed(wire.Produce), frame(wire.Produce, 9, 1, make([]byte, 1<<20)), 9+30)
}

func BenchmarkFetch1MiBSendfile(b *testing.B) {
	f, data := dataFile(b, 1<<20)
	bench(b, fetching(vfs.FileExtent(f, 0, len(data), nil)), frame(wire.Fetch, 12, 1, make([]byte, 100)), 9+103+len(data))
}

// noDescriptor hides the descriptor of a file, so that its bytes are read and written.
type noDescriptor struct{ vfs.File }

func (noDescriptor) SyscallConn() (syscall.RawConn, error) { return nil, vfs.ErrNoDescriptor }

func BenchmarkFetch1MiBCopy(b *testing.B) {
	f, data := dataFile(b, 1<<20)
	bench(b, fetching(vfs.FileExtent(noDescriptor{f}, 0, len(data), nil)), frame(wire.Fetch, 12, 1, make([]byte, 100)), 9+103+len(data))
}
