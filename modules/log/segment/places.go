package segment

import "sync"

// placeCount is a power of two.
const placeCount = 16

// places remembers where some batches begin: those appended last, and those where reads began or were bounded. A consumer
// that follows the log, and a high watermark that does, then need no index.
type places struct {
	mu    sync.Mutex
	known [placeCount]place
}

// place says that the batch with that base offset lies at pos. used tells it from the zero place.
type place struct {
	offset, pos int64
	used        bool
}

func slot(offset int64) int {
	return int(uint64(offset) * 0x9e3779b97f4a7c15 >> 60) // the golden ratio spreads consecutive offsets
}

func (p *places) put(offset, pos int64) {
	p.mu.Lock()
	p.known[slot(offset)] = place{offset: offset, pos: pos, used: true}
	p.mu.Unlock()
}

func (p *places) get(offset int64) (pos int64, ok bool) {
	p.mu.Lock()
	found := p.known[slot(offset)]
	p.mu.Unlock()
	return found.pos, found.used && found.offset == offset
}
