package vfs

import (
	"math/rand/v2"
	"slices"
	"time"
)

// sectorBytes is the unit in which a disk loses or keeps what was not synced.
const sectorBytes = 512

// CrashClone returns what a machine that dies now would find after its restart. What was synced is there. Of everything
// else rng decides: each directory keeps the first so many of its unsynced changes, each file some length between the
// synced and the written one, and each sector its old or its new contents. A nil rng loses all that was not synced.
// The clone is a file system of its own, and wholly durable; m goes on unharmed.
func (m *Mem) CrashClone(rng *rand.Rand) *Mem {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := &cloner{rng: rng, done: map[*memNode]*memNode{}}
	return &Mem{root: c.node(m.root)}
}

type cloner struct {
	rng  *rand.Rand
	done map[*memNode]*memNode // a rename across directories can leave one node under two names
}

func (c *cloner) node(n *memNode) *memNode {
	if twin, ok := c.done[n]; ok {
		return twin
	}
	twin := &memNode{}
	c.done[n] = twin
	if n.file != nil {
		twin.file = c.file(n.file)
		return twin
	}
	*twin = *newMemDir()
	survivor := memDir{durable: map[string]*memNode{}, pending: slices.Clone(n.dir.pending)}
	for name, child := range n.dir.durable {
		survivor.durable[name] = child
	}
	survivor.apply(c.changes(n.dir.pending))
	names := make([]string, 0, len(survivor.durable))
	for name := range survivor.durable {
		names = append(names, name)
	}
	slices.Sort(names) // one seed, one outcome
	for _, name := range names {
		child := c.node(survivor.durable[name])
		twin.dir.entries[name], twin.dir.durable[name] = child, child
	}
	return twin
}

// changes chooses how many of a directory's unsynced changes survive, never half of a rename.
func (c *cloner) changes(pending []memChange) int {
	if c.rng == nil {
		return 0
	}
	n := c.rng.IntN(len(pending) + 1)
	for back := range min(2, n) {
		if pending[n-1-back].name == renameMark {
			return n - 1 - back
		}
	}
	return n
}

func (c *cloner) file(f *memFile) *memFile {
	f.mu.RLock()
	defer f.mu.RUnlock()
	twin := &memFile{now: c.contents(f), modTime: time.Now()}
	twin.durable = slices.Clone(twin.now)
	twin.dirtyLow = len(twin.now)
	return twin
}

func (c *cloner) contents(f *memFile) []byte {
	if c.rng == nil {
		return slices.Clone(f.durable)
	}
	if c.rng.IntN(4) == 0 { // often enough everything was on its way already
		return slices.Clone(f.now)
	}
	low, high := min(len(f.durable), len(f.now)), max(len(f.durable), len(f.now))
	data := make([]byte, low+c.rng.IntN(high-low+1))
	copy(data, f.durable)
	for at := min(f.dirtyLow, low) / sectorBytes * sectorBytes; at < len(data); at += sectorBytes {
		if c.rng.IntN(2) == 0 && at < len(f.now) {
			copy(data[at:min(at+sectorBytes, len(data))], f.now[at:])
		}
	}
	return data
}
