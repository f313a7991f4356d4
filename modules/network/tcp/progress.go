package tcp

import "sync/atomic"

// phase says whose turn it is on a connection.
type phase int32

const (
	phaseIdle    phase = iota // the client's: no byte of a request is there
	phaseReading              // the client's: a request is arriving
	phaseWaiting              // ours: a request waits for memory
	phaseRunning              // ours: a request is being handled, or the connection is muted
	phaseWriting              // the client's: it takes the response
)

// progress is what the sweeper sees of a connection. Times are ticks of the sweeper's clock (nanoseconds of Unix time), so
// that a connection reads no clock of its own.
type progress struct {
	clock *atomic.Int64
	phase atomic.Int32
	moved atomic.Int64 // when a byte was last received or sent, or the phase began
	began atomic.Int64 // when the phase began
	bytes atomic.Int64 // received since the phase began
	// charged is true while an answer holds memory that others may wait for.
	charged atomic.Bool
}

func (p *progress) enter(ph phase) {
	now := p.clock.Load()
	p.bytes.Store(0)
	p.began.Store(now)
	p.moved.Store(now)
	p.phase.Store(int32(ph))
}

func (p *progress) idle()    { p.enter(phaseIdle) }
func (p *progress) reading() { p.enter(phaseReading) }
func (p *progress) waiting() { p.enter(phaseWaiting) }
func (p *progress) running() { p.enter(phaseRunning) }
func (p *progress) writing() { p.enter(phaseWriting) }

// received notes n bytes from the client.
func (p *progress) received(n int) {
	p.bytes.Add(int64(n))
	p.moved.Store(p.clock.Load())
}

// sent notes that the client took bytes.
func (p *progress) sent() { p.moved.Store(p.clock.Load()) }
