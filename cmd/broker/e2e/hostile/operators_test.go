package hostile_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// caller is a raw connection to the operators' listener.
type caller struct {
	net.Conn
	answers *bufio.Reader
}

// call connects to the operators' listener; the connection is closed when the test ends.
func (tg *target) call() *caller {
	tg.t.Helper()
	conn, err := net.DialTimeout("tcp", tg.Admin, hang)
	if err != nil {
		tg.t.Fatal(err)
	}
	tg.t.Cleanup(func() { _ = conn.Close() })
	return &caller{conn, bufio.NewReader(conn)}
}

// say sends bytes. That the broker has closed the connection already shows when the client reads.
func (c *caller) say(b string) bool {
	_ = c.SetWriteDeadline(time.Now().Add(hang))
	_, err := io.WriteString(c, b)
	return err == nil
}

// status reads an answer and returns its status, 0 when the connection ends without one, -1 when nothing happens.
func (c *caller) status() int {
	_ = c.SetReadDeadline(time.Now().Add(hang))
	resp, err := http.ReadResponse(c.answers, nil)
	if err != nil {
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return -1
		}
		return 0
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}

// expectGone fails unless the connection ends, whatever is said before.
func (c *caller) expectGone(t *testing.T, what string) {
	t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(hang))
	if _, err := io.Copy(io.Discard, c.answers); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%s: the connection stays", what)
	}
}

// probe asks for the health, as whoever decides whether the broker lives does.
func (tg *target) probe(beside string) {
	tg.t.Helper()
	c := tg.call()
	c.say("GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
	if status := c.status(); status != http.StatusOK {
		tg.t.Errorf("/readyz answers %d beside %s", status, beside)
	}
	_ = c.Close()
}

const wasmPut = "PUT /plugins/x/versions/1 HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/wasm\r\n"

// Connections that say nothing, or never come to the end of a header, many more than the listener serves.
func TestOperatorsListenerIsCrowded(t *testing.T) {
	tg := attack(t)
	for what, said := range map[string]string{
		"silent connections":      "",
		"headers without an end":  "GET /readyz HTTP/1.1\r\nHost: localhost\r\nX: ",
		"requests and then quiet": "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n",
	} {
		var crowd []*caller
		for range descriptors(t, scale(300, 3000)) {
			c := tg.call()
			c.say(said)
			crowd = append(crowd, c)
			if len(crowd)%100 == 0 {
				tg.probe(what)
			}
		}
		for _, c := range crowd {
			_ = c.Close()
		}
	}
}

// Headers and bodies that are far too large.
func TestOperatorsHugeRequests(t *testing.T) {
	tg := attack(t)
	huge := strings.Repeat("x", 1<<20)
	for what, head := range map[string]string{
		"a path":           "GET /" + huge + " HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"a header":         "GET /readyz HTTP/1.1\r\nHost: localhost\r\nX: " + huge + "\r\n\r\n",
		"many headers":     "GET /readyz HTTP/1.1\r\nHost: localhost\r\n" + strings.Repeat("X: y\r\n", 100_000) + "\r\n",
		"a method":         huge + " / HTTP/1.1\r\n\r\n",
		"an endless line":  strings.Repeat("GET ", 1<<18),
		"a header's name":  "GET /readyz HTTP/1.1\r\nHost: localhost\r\n" + huge + ": y\r\n\r\n",
		"a query":          "GET /readyz?" + huge + " HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"a length it lies": "PUT /loglevel HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99999999999999999999\r\n\r\n",
	} {
		c := tg.call()
		c.say(head)
		if status := c.status(); status == http.StatusOK || status == -1 || status >= 500 && status != http.StatusNotImplemented {
			t.Errorf("%s of a megabyte: status %d", what, status)
		}
		c.expectGone(t, what)
	}
	// Bodies: those of small requests end at 64 KiB, those of plugins at 16 MiB.
	for what, head := range map[string]string{
		"a log level": "PUT /loglevel HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n",
		"a plugin":    wasmPut,
		"a binding":   "PUT /topics/victim/plugins/value.serializer HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n",
		"a probe":     "GET /readyz HTTP/1.1\r\nHost: localhost\r\n",
	} {
		c := tg.call()
		c.say(head + fmt.Sprintf("Content-Length: %d\r\n\r\n", 1<<30))
		chunk := huge
		for sent := 0; sent < 1<<30 && c.say(chunk); sent += len(chunk) {
		}
		if status := c.status(); status == http.StatusOK && what != "a probe" || status == -1 || status >= 500 {
			t.Errorf("%s of a gigabyte: status %d", what, status)
		}
		c.expectGone(t, what)
	}
	tg.probe("huge requests")
}

// Uploads of plugins in chunks without an end, several at once, beside headers and bodies that come a byte at a time: each
// ends, however long its client has patience for.
func TestOperatorsEndlessRequests(t *testing.T) {
	tg := attack(t)
	const upload = wasmPut + "Transfer-Encoding: chunked\r\n\r\n"
	chunk := fmt.Sprintf("%x\r\n%s\r\n", 1<<20, bytes.Repeat([]byte{0}, 1<<20))
	var running sync.WaitGroup
	for range scale(4, 20) {
		fast, slow, slower := tg.call(), tg.call(), tg.call()
		running.Go(func() {
			fast.say(upload)
			for sent := 0; sent < 1000 && fast.say(chunk); sent++ {
			}
			if status := fast.status(); status == http.StatusOK || status == -1 {
				t.Errorf("an endless upload: status %d", status)
			}
			fast.expectGone(t, "an endless upload")
		})
		running.Go(func() { slow.dribble(t, "a slow upload", upload, "1\r\nx\r\n") })
		running.Go(func() { slower.dribble(t, "a slow header", "GET /readyz HTTP/1.1\r\nHost: localhost\r\nX: ", "x") })
	}
	tg.probe("endless requests")
	running.Wait()
	c := tg.call() // somebody else can upload: nobody holds the place
	c.say(wasmPut + "Content-Length: 4\r\n\r\nabcd")
	if status := c.status(); status != http.StatusUnprocessableEntity {
		t.Errorf("an upload of four bytes afterwards: status %d", status)
	}
}

// dribble says something again and again until the connection ends.
func (c *caller) dribble(t *testing.T, what, first, again string) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	c.say(first)
	for end := time.Now().Add(hang); c.say(again); <-tick.C {
		if time.Now().After(end) {
			t.Errorf("%s never ends", what)
			return
		}
	}
}

// What follows a request that is answered: garbage, and requests that nobody waits for.
func TestOperatorsPipelines(t *testing.T) {
	tg := attack(t)
	const get = "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
	var running sync.WaitGroup
	for _, garbage := range []string{"\x00\x01\x02\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
		"GET  /livez HTTP/1.1\r\n\r\n", "GET /livez HTTP/9.9\r\nHost: localhost\r\n\r\n", "GET /livez HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
		"GET /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
		"POST /livez HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nzzz\r\n",
		"POST /livez HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n"} {
		c := tg.call()
		running.Go(func() {
			c.say(get + garbage)
			if status := c.status(); status != http.StatusOK {
				t.Errorf("the request before %q: status %d", garbage, status)
			}
			if status := c.status(); status > 0 && status < 400 || status == -1 || status == http.StatusInternalServerError {
				t.Errorf("%q: status %d", garbage, status)
			}
		})
	}
	// Thousands of requests whose answers nobody reads: the broker stops reading, and the connection ends in time or with the client.
	many := strings.Repeat("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", 20_000)
	for range scale(10, 60) {
		c := tg.call()
		running.Go(func() {
			_ = c.SetWriteDeadline(time.Now().Add(2 * time.Second))
			_, _ = io.WriteString(c, many)
		})
	}
	running.Wait()
	tg.probe("answers that nobody reads")
}

// Paths that lead elsewhere, methods that are not served, and hosts of other people: never an answer of success, and none
// that is the server's fault.
func TestOperatorsPathsAndMethods(t *testing.T) {
	tg := attack(t)
	for _, path := range []string{"/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd", "/plugins/..%2f..%2fetc/versions/1", "/plugins/%00",
		"/plugins/" + strings.Repeat("a", 10_000), "/plugins/x/versions/%2e%2e", "/debug/pprof/../../../etc/passwd", "/debug/pprof/nothing",
		"/plugins/..", "/topics/%2e%2e/plugins/%2e%2e", "/.git/config", "*", "/readyz/", "/READYZ", "/%", "/%zz", "/\xff\xfe", "/livez;x=y", "/topics//plugins",
		"http://evil.example/metrics", "/debug/pprof/profile?seconds=99999999", "/debug/pprof/trace?seconds=1e99", "/debug/pprof/heap?seconds=1000000"} {
		c := tg.call()
		c.say("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
		if status := c.status(); status < 300 || status > 499 {
			t.Errorf("GET %.60q: status %d", path, status)
		}
	}
	for _, method := range []string{"POST", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "OPTIONS", "FOO", "get"} {
		for _, path := range []string{"/livez", "/readyz", "/metrics", "/loglevel", "/plugins", "/openapi.yaml", "/debug/pprof/heap", "/"} {
			if method == "PUT" && path == "/loglevel" {
				continue // that is served
			}
			c := tg.call()
			c.say(method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
			if status := c.status(); status < 400 || status > 499 {
				t.Errorf("%s %s: status %d", method, path, status)
			}
		}
	}
	for _, host := range []string{"evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "", "0x7f000001.example"} {
		c := tg.call()
		c.say("PUT /loglevel HTTP/1.1\r\nHost: " + host + "\r\nContent-Type: application/json\r\nContent-Length: 17\r\n\r\n{\"level\":\"error\"}")
		if status := c.status(); !slices.Contains([]int{http.StatusForbidden, http.StatusBadRequest}, status) {
			t.Errorf("a request for host %q: status %d", host, status)
		}
	}
}
