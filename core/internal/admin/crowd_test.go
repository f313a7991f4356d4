package admin_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// hang is when a test gives up on something that has to happen.
const hang = 30 * time.Second

// dial opens a connection that is closed when the test ends, and sends the beginning of something.
func dial(t *testing.T, url, sent string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(hang)); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write([]byte(sent)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// TestQuietConnectionsMakeRoom opens many more connections than there may be, which say nothing, or not all of it: every
// request beside them is answered at once, and the oldest of them are closed.
func TestQuietConnectionsMakeRoom(t *testing.T) {
	_, _, url := start(t)
	for name, sent := range map[string]string{"silent": "", "half a header": "GET /livez HTTP/1.1\r\nHost: loc"} {
		t.Run(name, func(t *testing.T) {
			first := dial(t, url, sent)
			for range 300 {
				dial(t, url, sent)
				if status, _ := do(t, "GET", url+"/livez", ""); status != http.StatusOK {
					t.Fatalf("status %d", status)
				}
			}
			if n, err := io.Copy(io.Discard, first); err != nil || n > 0 { // it ends: with the deadline it would be an error
				t.Errorf("the oldest connection got %d bytes, %v", n, err)
			}
		})
	}
}

// TestConnectionsAtWorkStay opens many connections while an upload is under way.
func TestConnectionsAtWorkStay(t *testing.T) {
	url := startWith(t, newWorld())
	upload := dial(t, url, "PUT /plugins/geo/versions/1 HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/wasm\r\n"+
		"Content-Length: 3\r\nExpect: 100-continue\r\n\r\n")
	answers := bufio.NewReader(upload)
	read := func(want int) {
		t.Helper()
		resp, err := http.ReadResponse(answers, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		if resp.StatusCode != want {
			t.Fatalf("status %d, want %d", resp.StatusCode, want)
		}
	}
	read(http.StatusContinue)
	for range 300 {
		dial(t, url, "")
	}
	if _, err := upload.Write([]byte("abc")); err != nil {
		t.Fatal(err)
	}
	read(http.StatusOK)
}
