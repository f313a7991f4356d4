package tcp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"runtime/debug"
	"time"

	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/auth"
	"github.com/jackdawmq/jackdaw/core/wire"
)

// slowRequest is from when on a request that does not wait on purpose is worth a line in the debug log.
const slowRequest = time.Second

// conn is one connection and the goroutine that serves it.
type conn struct {
	l        *Listener
	net      net.Conn
	addr     netip.AddrPort
	ctx      context.Context //nolint:containedctx // what its requests get as their own; it ends with the connection
	cancel   context.CancelFunc
	log      *zap.Logger
	progress progress
	frames   frameReader
	out      responseWriter
	decode   *claim // of the budget for decoding
	call     api.Call
	session  api.Connection
	mute     *time.Timer
}

func newConn(l *Listener, nc net.Conn, addr netip.AddrPort, listener string) *conn {
	c := &conn{l: l, net: nc, addr: addr, decode: newClaim()}
	c.ctx, c.cancel = context.WithCancel(l.ctx)
	c.log = l.log.With(zap.Stringer("client", addr), zap.String("listener", listener))
	c.progress.clock = &l.clock
	c.progress.idle()
	c.frames = frameReader{
		src: nc, requestMax: int(l.cfg.RequestMaxBytes), usual: l.usual, huge: l.huge, pool: &l.pool,
		progress: &c.progress, claim: newClaim(),
	}
	c.out = responseWriter{
		conn: nc, files: newFileSender(nc, &c.progress), pool: &l.pool, progress: &c.progress, metrics: l.metrics,
	}
	c.call.Client = api.Client{Principal: auth.Anonymous, Addr: addr, Listener: listener}
	c.call.Connection = &c.session
	c.call.SetContext(c.ctx)
	return c
}

// serve answers requests until the connection ends.
func (c *conn) serve() {
	defer c.close()
	defer c.frames.release()
	for !c.l.draining.Load() {
		c.progress.idle()
		frame, err := c.frames.next(c.ctx)
		if err != nil {
			c.explain(err)
			return
		}
		c.l.metrics.receivedBytes.Add(float64(4 + len(frame)))
		if !c.request(frame) {
			return
		}
	}
}

// explain logs why reading ended, unless the client just went away.
func (c *conn) explain(err error) {
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed), errors.Is(err, os.ErrDeadlineExceeded), c.ctx.Err() != nil:
	default:
		c.log.Debug("connection closed", zap.Error(err))
	}
}

// request answers one request and reports whether the connection goes on.
func (c *conn) request(frame []byte) bool {
	header, body, err := wire.ParseRequestHeader(frame)
	if err != nil {
		c.log.Debug("connection closed: not a Kafka request", zap.Error(err))
		return false
	}
	call := &c.call
	call.Key, call.Version, call.CorrelationID, call.Body = header.Key, header.Version, header.CorrelationID, body
	if call.ClientID != string(header.ClientID) { // a client keeps its id: it is copied once
		call.ClientID = string(header.ClientID)
	}
	call.Received = time.Now()
	call.Response.Reset()
	call.Response.Body = c.out.body()

	defer c.giveBack()
	ok := c.handle()
	c.chargeAnswer()
	c.observe()
	call.Body = nil
	c.frames.release()
	r := &call.Response
	if !ok || r.None {
		r.Release()
		return ok && !r.Close
	}
	c.progress.writing()
	if err := c.out.write(call); err != nil {
		c.explain(fmt.Errorf("response not sent: %w", err))
		return false
	}
	if r.Close {
		return false
	}
	return r.Throttle <= 0 || c.wait(r.Throttle)
}

// handle runs the request's handler. It returns false when it panicked: what the client would get then is unknown, so it
// gets nothing.
func (c *conn) handle() (ok bool) {
	if !c.chargeDecoding() {
		return false
	}
	c.progress.running()
	defer func() {
		if p := recover(); p != nil {
			ok = false
			c.l.metrics.panics.Inc()
			c.log.Error("handler panicked, connection closed", zap.String("api", wire.APIName(c.call.Key)),
				zap.Int16("version", c.call.Version), zap.String("client_id", c.call.ClientID),
				zap.Any("panic", p), zap.ByteString("stack", debug.Stack()))
		}
	}()
	c.l.router.Serve(&c.call)
	return true
}

// chargeDecoding takes memory for what the body can become, and returns false when the connection has to end instead.
func (c *conn) chargeDecoding() bool {
	cost, mayWait := decodeCost(c.call.Key, len(c.call.Body))
	if answersMore(c.call.Key) {
		cost = max(cost, c.l.answers.expected(c.call.Key))
	}
	switch {
	case cost == 0:
		return true
	case mayWait:
		c.progress.waiting()
		_, err := c.l.decode.take(c.ctx, c.decode, cost, cost)
		return err == nil
	case c.l.decode.tryTake(c.decode, cost):
		return true
	default:
		c.log.Warn("connection closed: group requests take too much memory; a higher queued.max.request.bytes allows more",
			zap.String("api", wire.APIName(c.call.Key)), zap.Int("body", len(c.call.Body)))
		return false
	}
}

// chargeAnswer makes what is charged for a request what its answer takes. It holds that until the client has taken it.
func (c *conn) chargeAnswer() {
	if !answersMore(c.call.Key) {
		return
	}
	n := len(c.call.Response.Body)
	c.l.answers.note(c.call.Key, n)
	if n <= keptResponse {
		n = 0 // in the connection's own buffer
	}
	switch more := int64(n) - c.decode.held(); {
	case more > 0:
		c.l.decode.force(c.decode, more)
	case more < 0:
		c.l.decode.giveBack(c.decode, -more)
	}
	c.progress.charged.Store(c.decode.held() > 0)
}

// giveBack returns what the request and its answer took.
func (c *conn) giveBack() {
	c.progress.charged.Store(false)
	c.l.decode.release(c.decode)
}

// observe measures a request that was handled.
func (c *conn) observe() {
	call := &c.call
	took := time.Since(call.Received)
	if o := c.l.metrics.seconds[call.Key]; o != nil {
		o.Observe(took.Seconds())
	}
	if took < slowRequest {
		return
	}
	switch call.Key {
	case wire.Fetch, wire.JoinGroup, wire.SyncGroup: // wait on purpose
	default:
		c.log.Debug("slow request", zap.String("api", wire.APIName(call.Key)), zap.Int16("version", call.Version),
			zap.String("client_id", call.ClientID), zap.Duration("took", took))
	}
}

// wait keeps the connection mute (KIP-219). It returns false when the connection ended meanwhile.
func (c *conn) wait(d time.Duration) bool {
	c.progress.running()
	if c.mute == nil {
		c.mute = time.NewTimer(d)
	} else {
		c.mute.Reset(d)
	}
	select {
	case <-c.mute.C:
		return true
	case <-c.ctx.Done():
		c.mute.Stop()
		return false
	}
}

func (c *conn) close() {
	c.cancel()
	_ = c.net.Close() // nothing is left to be lost
	c.l.forget(c)
}
