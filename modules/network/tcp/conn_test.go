package tcp_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/wire"
	"github.com/jackdawmq/jackdaw/modules/network/tcp"
)

func TestResponsesComeInOrderOfPipelinedRequests(t *testing.T) {
	s := serve(t, tcp.DefaultConfig(), echo(wire.Produce), echo(wire.Metadata))
	c := dial(t, s.addr)
	bodies := make([][]byte, 300)
	rng := rand.New(rand.NewPCG(1, 2))
	var all []byte
	for i := range bodies {
		bodies[i] = bytes.Repeat([]byte{byte(i)}, rng.IntN(20_000))
		all = append(all, frame(wire.Produce, 3, int32(i), bodies[i])...)
	}
	go func() { _, _ = c.Write(all) }()
	for i, body := range bodies {
		c.expect(int32(i), body)
	}
}

func TestFramesMayArriveByteByByte(t *testing.T) {
	s := serve(t, tcp.DefaultConfig(), echo(wire.Produce), echo(wire.Metadata))
	c := dial(t, s.addr)
	for i, n := range []int{0, 1, 100, 4096 - 18, 4096, 5000} {
		body := bytes.Repeat([]byte{7}, n)
		for _, b := range frame(wire.Produce, 3, int32(i), body) {
			c.write([]byte{b})
		}
		c.expect(int32(i), body)
	}
}

func TestFrameSizesAroundEveryStep(t *testing.T) {
	s := serve(t, tcp.DefaultConfig(), echo(wire.Produce))
	c := dial(t, s.addr)
	rng := rand.NewChaCha8([32]byte{})
	for i, n := range []int{
		4<<10 - 30, 4 << 10, 8 << 10, 64<<10 - 20, 64 << 10, 128<<10 + 1, 1 << 20, 2<<20 + 5, 5 << 20, 1 << 20, 17 << 20, 100,
	} {
		for delta := -20; delta <= 20; delta += 10 {
			body := make([]byte, n+delta)
			_, _ = rng.Read(body)
			go c.send(wire.Produce, 3, int32(i), body)
			c.expect(int32(i), body)
		}
	}
	if used := s.metric(t, "jackdaw_network_request_memory_bytes"); used != 0 {
		t.Errorf("%v bytes are still charged", used)
	}
}

func TestFlexibleVersionsHaveTagsInTheResponseHeader(t *testing.T) {
	s := serve(t, tcp.DefaultConfig(), echo(wire.Metadata), answer(wire.APIVersions, func(c *api.Call) {
		c.Response.Body = append(c.Response.Body, "versions"...)
		c.Response.HeaderV0 = true
	}))
	c := dial(t, s.addr)
	c.send(wire.Metadata, 8, 1, []byte("old"))
	c.expect(1, []byte("old"))
	c.send(wire.Metadata, 9, 2, []byte("new"))
	c.expect(2, []byte("\x00new"))
	c.send(wire.APIVersions, 3, 3, nil)
	c.expect(3, []byte("versions"))
	c.send(wire.APIVersions, 99, 4, nil) // its handler sees unknown versions too
	c.expect(4, []byte("versions"))
}

func TestWhatIsNoRequestClosesTheConnectionWithoutAByte(t *testing.T) {
	s := serve(t, tcp.DefaultConfig(), echo(wire.Produce), echo(wire.Metadata), echo(wire.Fetch), echo(wire.APIVersions))
	large := func(key int16, size uint32) []byte {
		b := frame(key, 3, 1, nil)
		b[0], b[1], b[2], b[3] = byte(size>>24), byte(size>>16), byte(size>>8), byte(size)
		return b
	}
	for name, tc := range map[string]struct {
		bytes []byte
		log   string
	}{
		"negative size":                {[]byte{0xff, 0xff, 0xff, 0xff}, "size -1"},
		"larger than the maximum":      {[]byte{0x06, 0x40, 0, 1}, "socket.request.max.bytes"},
		"empty frame":                  {[]byte{0, 0, 0, 0}, "less than a request header"},
		"three bytes":                  {[]byte{0, 0, 0, 3, 0, 18, 0}, "less than a request header"},
		"HTTP":                         {[]byte("GET / HTTP/1.1\r\n\r\n"), "speaks HTTP"},
		"TLS":                          {[]byte{0x16, 3, 1, 2, 0, 1, 0, 1}, "speaks TLS"},
		"unknown key":                  {[]byte{0, 0, 0, 10, 0, 95, 0, 0, 0, 0, 0, 1, 0xff, 0xff}, "unknown API key 95"},
		"negative key":                 {[]byte{0, 0, 0, 10, 0xff, 0xff, 0, 0, 0, 0, 0, 1, 0xff, 0xff}, "unknown API key -1"},
		"a key without a route":        {frame(wire.ListOffsets, 3, 1, nil), ""},
		"a version that is not served": {frame(wire.Metadata, 14, 1, nil), ""},
		"a negative version":           {frame(wire.Metadata, -1, 1, nil), ""},
		"header cut short":             {[]byte{0, 0, 0, 8, 0, 3, 0, 0, 0, 0, 0, 1}, "cut short"},
		"a Metadata request of 9 MiB":  {large(wire.Metadata, 9<<20), "at most"},
		"a Fetch request of 9 MiB":     {large(wire.Fetch, 9<<20), "at most"},
		"ApiVersions of 65 KiB":        {large(wire.APIVersions, 65<<10), "at most"},
	} {
		t.Run(name, func(t *testing.T) {
			c := dial(t, s.addr)
			c.write(tc.bytes)
			c.expectClosed()
			eventually(t, "a log line with "+tc.log, func() bool {
				for _, e := range s.logs.All() {
					text := e.Message
					for _, f := range e.Context {
						if err, ok := f.Interface.(error); ok {
							text += " " + err.Error()
						}
					}
					if strings.Contains(text, tc.log) {
						return true
					}
				}
				return tc.log == ""
			})
		})
	}
}

func TestHalfClosedConnectionsGetTheirAnswers(t *testing.T) {
	s := serve(t, tcp.DefaultConfig(), echo(wire.Metadata))
	c := dial(t, s.addr)
	for i := range 5 {
		c.send(wire.Metadata, 1, int32(i), []byte("x"))
	}
	if err := c.Conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		c.expect(int32(i), []byte("x"))
	}
	c.expectClosed()
}

func TestNoResponseAndClose(t *testing.T) {
	s := serve(t, tcp.DefaultConfig(), answer(wire.Produce, func(c *api.Call) {
		c.Response.Body = append(c.Response.Body, c.Body...)
		c.Response.None = string(c.Body) == "none" || string(c.Body) == "none, close"
		c.Response.Close = string(c.Body) == "close" || string(c.Body) == "none, close"
	}))
	c := dial(t, s.addr)
	c.send(wire.Produce, 3, 1, []byte("none"))
	c.send(wire.Produce, 3, 2, []byte("some"))
	c.expect(2, []byte("some"))
	c.send(wire.Produce, 3, 3, []byte("close"))
	c.expect(3, []byte("close"))
	c.expectClosed()
	c = dial(t, s.addr)
	c.send(wire.Produce, 3, 4, []byte("none, close"))
	c.expectClosed()
}

func TestPanicClosesOnlyItsConnection(t *testing.T) {
	released := &released{}
	s := serve(t, tcp.DefaultConfig(), answer(wire.Metadata, func(c *api.Call) {
		if string(c.Body) == "panic" {
			c.Response.Splice(released.extent([]byte("kept")))
			panic("a handler's mistake")
		}
		c.Response.Body = append(c.Response.Body, c.Body...)
	}))
	other, c := dial(t, s.addr), dial(t, s.addr)
	c.send(wire.Metadata, 1, 1, []byte("panic"))
	c.expectClosed()
	other.send(wire.Metadata, 1, 2, []byte("fine"))
	other.expect(2, []byte("fine"))
	lines := s.logs.FilterMessageSnippet("panicked").All()
	if len(lines) != 1 || !strings.Contains(lines[0].ContextMap()["stack"].(string), "conn_test.go") {
		t.Errorf("logged %v", lines)
	}
	released.check(t, 1)
}

func TestThrottledConnectionIsMuteAfterItsResponse(t *testing.T) {
	handled := make(chan int32, 2)
	s := serve(t, tcp.DefaultConfig(), answer(wire.Metadata, func(c *api.Call) {
		handled <- c.CorrelationID
		c.Response.Throttle = time.Hour
	}))
	c := dial(t, s.addr)
	c.send(wire.Metadata, 1, 1, nil)
	c.send(wire.Metadata, 1, 2, nil)
	c.expect(1, nil)
	if err := s.Close(); err != nil { // ends the mute, not by serving the second request
		t.Fatal(err)
	}
	c.expectClosed()
	if len(handled) != 1 {
		t.Errorf("%d requests were handled", len(handled))
	}
}

func TestShortThrottleThenGoesOn(t *testing.T) {
	s := serve(t, tcp.DefaultConfig(), answer(wire.Metadata, func(c *api.Call) {
		c.Response.Throttle = time.Millisecond
	}))
	c := dial(t, s.addr)
	for i := range 3 {
		c.send(wire.Metadata, 1, int32(i), nil)
		c.expect(int32(i), nil)
	}
}

func TestIdleConnectionsAreClosed(t *testing.T) {
	cfg := tcp.DefaultConfig()
	cfg.MaxIdle = 100 * time.Millisecond
	s := serve(t, cfg, echo(wire.Metadata), echo(wire.Produce))
	for name, prefix := range map[string][]byte{
		"nothing sent":          nil,
		"half a size":           {0, 0},
		"the middle of a frame": frame(wire.Produce, 3, 1, make([]byte, 70_000))[:66_000],
	} {
		t.Run(name, func(t *testing.T) {
			c := dial(t, s.addr)
			c.write(prefix)
			c.expectClosed()
		})
	}
}

func TestRunningRequestsAreNotIdle(t *testing.T) {
	cfg := tcp.DefaultConfig()
	cfg.MaxIdle = 20 * time.Millisecond
	proceed := make(chan struct{})
	s := serve(t, cfg, answer(wire.Fetch, func(c *api.Call) {
		<-proceed
		c.Response.Body = append(c.Response.Body, 1)
	}))
	c, idle := dial(t, s.addr), dial(t, s.addr)
	c.send(wire.Fetch, 4, 1, nil)
	idle.expectClosed() // so the sweeper has been there
	dial(t, s.addr).expectClosed()
	close(proceed)
	c.expect(1, []byte{1})
}

func TestClientIsDescribedToHandlers(t *testing.T) {
	s := serve(t, tcp.DefaultConfig(), answer(wire.Metadata, func(c *api.Call) {
		c.Response.Body = append(c.Response.Body, c.ClientID+" "+c.Client.Host()+" "+c.Client.Listener+" "+c.Client.Principal.String()+
			" "+c.Connection.SoftwareName...)
		c.Connection.SoftwareName = "remembered"
	}))
	c := dial(t, s.addr)
	c.send(wire.Metadata, 1, 1, nil)
	c.expect(1, []byte("test /127.0.0.1 PLAINTEXT User:ANONYMOUS "))
	c.send(wire.Metadata, 1, 2, nil)
	c.expect(2, []byte("test /127.0.0.1 PLAINTEXT User:ANONYMOUS remembered"))
}

func TestTwoThousandConnections(t *testing.T) {
	s := serve(t, tcp.DefaultConfig(), echo(wire.Metadata))
	clients := make([]*client, 2000)
	for i := range clients {
		clients[i] = dial(t, s.addr)
		clients[i].send(wire.Metadata, 1, int32(i), []byte("hello"))
	}
	for i, c := range clients {
		c.expect(int32(i), []byte("hello"))
	}
	if n := s.metric(t, "jackdaw_network_connections"); n != 2000 {
		t.Errorf("%v connections", n)
	}
	for _, c := range clients {
		_ = c.Close()
	}
	eventually(t, "all connections are gone", func() bool { return s.metric(t, "jackdaw_network_connections") == 0 })
}

func TestConnectionLimits(t *testing.T) {
	for name, set := range map[string]func(*tcp.Config){
		"max.connections":        func(c *tcp.Config) { c.MaxConnections = 2 },
		"max.connections.per.ip": func(c *tcp.Config) { c.MaxConnectionsPerIP = 2 },
	} {
		t.Run(name, func(t *testing.T) {
			cfg := tcp.DefaultConfig()
			set(&cfg)
			s := serve(t, cfg, echo(wire.Metadata))
			first, second := dial(t, s.addr), dial(t, s.addr)
			for _, c := range []*client{first, second} {
				c.send(wire.Metadata, 1, 1, nil)
				c.expect(1, nil)
			}
			dial(t, s.addr).expectClosed()
			_ = first.Close()
			eventually(t, "the place is free", func() bool { return s.metric(t, "jackdaw_network_connections") == 1 })
			third := dial(t, s.addr)
			third.send(wire.Metadata, 1, 3, nil)
			third.expect(3, nil)
		})
	}
}

func TestReadingAfterCloseIsEOF(t *testing.T) {
	s := serve(t, tcp.DefaultConfig(), echo(wire.Metadata))
	c := dial(t, s.addr)
	c.send(wire.Metadata, 1, 1, nil)
	c.expect(1, nil)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("error %v", err)
	}
}
