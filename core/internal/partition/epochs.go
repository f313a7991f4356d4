package partition

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/jackdawmq/jackdaw/core/kafka"
)

// epochEntry says at which offset the batches of a leader epoch begin.
type epochEntry struct {
	epoch kafka.LeaderEpoch
	start int64
}

// leaderEpochs is the history of leader epochs of one log (KIP-101), ascending in both fields. Reading it takes no lock.
//
// The side file is written once something was appended in a new epoch: before, the next epoch would replace it at the same
// start offset anyway, and a new log start is known to the log. So starting and stopping a broker with many idle partitions
// writes no files. It is written in the background, because a file made durable takes milliseconds: until then recovery
// finds the epoch in the batches themselves.
type leaderEpochs struct {
	mu      sync.Mutex // lets one goroutine change the list; nothing is called with it held
	entries atomic.Pointer[[]epochEntry]

	written kafka.LeaderEpoch // newest epoch of which the log has a batch; guarded by the partition's mu
	unsaved atomic.Bool       // the side file lacks it
	saving  sync.Mutex        // held while the side file is written
}

func (e *leaderEpochs) list() []epochEntry {
	if l := e.entries.Load(); l != nil {
		return *l
	}
	return nil
}

// set replaces the list. The caller holds mu.
func (e *leaderEpochs) set(l []epochEntry) {
	e.entries.Store(&l)
}

// latest returns the newest epoch, or kafka.NoEpoch.
func (e *leaderEpochs) latest() kafka.LeaderEpoch {
	l := e.list()
	if len(l) == 0 {
		return kafka.NoEpoch
	}
	return l[len(l)-1].epoch
}

// assign records that epoch begins at start. Entries that it contradicts, those with the same or a later start offset or
// epoch, are replaced. Assigning the newest epoch again does nothing.
func (e *leaderEpochs) assign(epoch kafka.LeaderEpoch, start int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	l := e.list()
	if epoch < 0 || start < 0 {
		return
	}
	if n := len(l); n > 0 && l[n-1].epoch == epoch && l[n-1].start <= start {
		return
	}
	kept := slices.DeleteFunc(slices.Clone(l), func(x epochEntry) bool { return x.epoch >= epoch || x.start >= start })
	e.set(append(kept, epochEntry{epoch, start}))
}

// truncateEnd forgets the epochs that begin at or after end: the log was truncated to it.
func (e *leaderEpochs) truncateEnd(end int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	l := e.list()
	i := len(l)
	for i > 0 && l[i-1].start >= end {
		i--
	}
	if i < len(l) {
		e.set(slices.Clone(l[:i]))
	}
}

// truncateStart moves the history up to a new log start offset: of the epochs that begin at or before it the newest
// stays, and begins there.
func (e *leaderEpochs) truncateStart(start int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	l := e.list()
	i := len(l) - 1
	for i >= 0 && l[i].start > start {
		i--
	}
	if i < 0 || i == 0 && l[0].start == start {
		return
	}
	kept := slices.Clone(l[i:])
	kept[0].start = start
	e.set(kept)
}

// end returns the largest known epoch that is not above the requested one, and the offset where it ends: the start of the
// next epoch, or logEnd for the newest. An epoch before all known ones keeps its number and ends where they begin. Both
// results are -1 when the epoch is not known.
func (e *leaderEpochs) end(requested kafka.LeaderEpoch, logEnd int64) (kafka.LeaderEpoch, int64) {
	l := e.list()
	n := len(l)
	if requested < 0 || n == 0 || requested > l[n-1].epoch {
		return kafka.NoEpoch, -1
	}
	if requested == l[n-1].epoch {
		return requested, logEnd
	}
	next := slices.IndexFunc(l, func(x epochEntry) bool { return x.epoch > requested })
	if next == 0 {
		return requested, l[0].start
	}
	return l[next-1].epoch, l[next].start
}

// at returns the epoch of the batch that holds an offset, or kafka.NoEpoch.
func (e *leaderEpochs) at(offset int64) kafka.LeaderEpoch {
	l := e.list()
	for i := len(l) - 1; i >= 0; i-- {
		if l[i].start <= offset {
			return l[i].epoch
		}
	}
	return kafka.NoEpoch
}

// load replaces the history by what a side file held.
func (e *leaderEpochs) load(l []epochEntry) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.set(l)
	e.written = kafka.NoEpoch
	if len(l) > 0 {
		e.written = l[len(l)-1].epoch
	}
}

// encode writes the history as Kafka's leader-epoch-checkpoint has it: version, count, then a line per epoch.
func (e *leaderEpochs) encode() []byte {
	l := e.list()
	b := strconv.AppendInt([]byte("0\n"), int64(len(l)), 10)
	b = append(b, '\n')
	for _, x := range l {
		b = strconv.AppendInt(b, int64(x.epoch), 10)
		b = append(b, ' ')
		b = strconv.AppendInt(b, x.start, 10)
		b = append(b, '\n')
	}
	return b
}

// decodeEpochs reads what encode wrote. It refuses anything that is not ascending.
func decodeEpochs(b []byte) ([]epochEntry, error) {
	lines := bytes.Split(bytes.TrimSuffix(b, []byte("\n")), []byte("\n"))
	if len(b) == 0 {
		return nil, nil // Kafka leaves an empty file behind before the first write
	}
	if len(lines) < 2 || string(lines[0]) != "0" {
		return nil, fmt.Errorf("leader epochs: unknown version %q", lines[0])
	}
	count, err := strconv.Atoi(string(lines[1]))
	if err != nil || count != len(lines)-2 {
		return nil, fmt.Errorf("leader epochs: %q entries announced, %d found", lines[1], len(lines)-2)
	}
	l := make([]epochEntry, 0, len(lines)-2)
	for _, line := range lines[2:] {
		left, right, _ := bytes.Cut(line, []byte(" "))
		epoch, err1 := strconv.ParseInt(string(left), 10, 32)
		start, err2 := strconv.ParseInt(string(right), 10, 64)
		x := epochEntry{kafka.LeaderEpoch(epoch), start}
		if err1 != nil || err2 != nil || epoch < 0 || start < 0 {
			return nil, fmt.Errorf("leader epochs: bad line %q", line)
		}
		if n := len(l); n > 0 && (l[n-1].epoch >= x.epoch || l[n-1].start >= x.start) {
			return nil, fmt.Errorf("leader epochs: line %q is not above the one before", line)
		}
		l = append(l, x)
	}
	return l, nil
}
