package plugin

import "github.com/jackdawmq/jackdaw/core/record"

// maxRetained is the size in bytes above which an Outcome gives its memory up between two batches.
const maxRetained = 4 << 20

// Outcome receives the verdicts of a batch. It owns the bytes that they point to: plugins copy into it, so that nothing
// refers to a plugin's memory once a call returned. Reuse it: it allocates nothing once it has grown. The zero Outcome is
// ready.
type Outcome struct {
	verdicts []Verdict
	changed  int
	bytes    []byte
	headers  []record.RecordHeader
}

// Reset begins a batch of n records, all of them kept. What earlier verdicts point to is then invalid.
func (o *Outcome) Reset(n int) {
	if cap(o.bytes) > maxRetained {
		o.bytes = nil
	}
	clear(o.verdicts)
	clear(o.headers)
	if cap(o.verdicts) < n {
		o.verdicts = make([]Verdict, 0, n)
	}
	o.verdicts, o.changed, o.bytes, o.headers = o.verdicts[:n], 0, o.bytes[:0], o.headers[:0]
}

// Verdicts returns one verdict for each record of the batch, in order.
func (o *Outcome) Verdicts() []Verdict { return o.verdicts }

// AllKept reports whether the batch stays as it is.
func (o *Outcome) AllKept() bool { return o.changed == 0 }

// Set decides about record i. The verdict's bytes must live as long as the outcome: see Copy, CopyHeaders.
func (o *Outcome) Set(i int, v Verdict) {
	if o.verdicts[i].Action != Keep {
		o.changed--
	}
	if v.Action != Keep {
		o.changed++
	}
	o.verdicts[i] = v
}

// Copy returns a copy of b that lives as long as the outcome. Null stays null, and empty stays empty.
func (o *Outcome) Copy(b []byte) []byte {
	if b == nil {
		return nil
	}
	p := o.Alloc(len(b))
	copy(p, b)
	return p
}

// Alloc returns n bytes of any content that live as long as the outcome.
func (o *Outcome) Alloc(n int) []byte {
	if cap(o.bytes)-len(o.bytes) < n || o.bytes == nil { // what was given out stays in the old array
		o.bytes = make([]byte, 0, max(2*cap(o.bytes), n, 512))
	}
	start := len(o.bytes)
	o.bytes = o.bytes[:start+n]
	return o.bytes[start : start+n : start+n]
}

// AllocHeaders returns n headers that live as long as the outcome.
func (o *Outcome) AllocHeaders(n int) []record.RecordHeader {
	if cap(o.headers)-len(o.headers) < n {
		o.headers = make([]record.RecordHeader, 0, max(2*cap(o.headers), n, 16))
	}
	start := len(o.headers)
	o.headers = o.headers[:start+n]
	return o.headers[start : start+n : start+n]
}
