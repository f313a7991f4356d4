package admin

import (
	"context"
	"net"
	"net/http"
	"sync"
)

// crowd bounds the number of connections. At the bound a new one takes the place of the one that has been quiet longest:
// that has sent no whole request since it came, or since its last answer. So connections that somebody forgot, or opens and
// never uses, keep out neither operators nor the probes that decide whether the broker lives. A connection whose request is
// being answered is left alone; when all are, a new one is closed.
type crowd struct {
	most int

	mu     sync.Mutex
	guests map[net.Conn]*guest
	clock  int64 // counts the moments at which a guest became quiet
}

// guest is one connection.
type guest struct {
	conn  net.Conn
	busy  bool
	quiet int64 // since which moment, unless it is busy
}

// guestKey finds a guest in the context of its requests.
type guestKey struct{}

func newCrowd(most int) *crowd { return &crowd{most: most, guests: map[net.Conn]*guest{}} }

// enter is for http.Server.ConnContext: it lets a connection in.
func (c *crowd) enter(ctx context.Context, conn net.Conn) context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	g := &guest{conn: conn}
	c.rest(g)
	c.guests[conn] = g
	if len(c.guests) > c.most {
		out := c.longestQuiet() // the new one itself when all others are busy
		delete(c.guests, out.conn)
		_ = out.conn.Close() // its goroutine sees that and ends
	}
	return context.WithValue(ctx, guestKey{}, g)
}

// longestQuiet returns the guest that has been quiet longest. c.mu is held, and at least one is quiet.
func (c *crowd) longestQuiet() *guest {
	var oldest *guest
	for _, g := range c.guests {
		if !g.busy && (oldest == nil || g.quiet < oldest.quiet) {
			oldest = g
		}
	}
	return oldest
}

// rest notes that a guest is quiet from now on. c.mu is held.
func (c *crowd) rest(g *guest) {
	c.clock++
	g.busy, g.quiet = false, c.clock
}

// left is for http.Server.ConnState: it forgets connections that are gone.
func (c *crowd) left(conn net.Conn, state http.ConnState) {
	if state != http.StateClosed && state != http.StateHijacked {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.guests, conn)
}

// attend marks connections busy while a request of theirs is answered.
func (c *crowd) attend(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g, _ := r.Context().Value(guestKey{}).(*guest)
		c.mu.Lock()
		g.busy = true
		c.mu.Unlock()
		defer func() {
			c.mu.Lock()
			c.rest(g)
			c.mu.Unlock()
		}()
		next.ServeHTTP(w, r)
	})
}
