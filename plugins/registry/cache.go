package registry

import (
	"slices"

	"github.com/jackdawmq/jackdaw/core/plugin"
)

// cacheBytes is how many bytes of plugins are remembered; the newest one always is.
const cacheBytes = 64 << 20

// cache remembers the bytes that were used last.
type cache struct {
	entries []cached // the newest one last
	size    int
}

type cached struct {
	digest plugin.Digest
	b      []byte
}

func (c *cache) find(d plugin.Digest) int {
	return slices.IndexFunc(c.entries, func(e cached) bool { return e.digest == d })
}

// get returns the bytes of a digest, nil when they are not remembered.
func (c *cache) get(d plugin.Digest) []byte {
	i := c.find(d)
	if i < 0 {
		return nil
	}
	e := c.entries[i]
	c.entries = append(slices.Delete(c.entries, i, i+1), e)
	return e.b
}

func (c *cache) put(d plugin.Digest, b []byte) {
	c.drop(d)
	for len(c.entries) > 0 && c.size+len(b) > cacheBytes {
		c.drop(c.entries[0].digest)
	}
	c.entries, c.size = append(c.entries, cached{d, b}), c.size+len(b)
}

func (c *cache) drop(d plugin.Digest) {
	if i := c.find(d); i >= 0 {
		c.size -= len(c.entries[i].b)
		c.entries = slices.Delete(c.entries, i, i+1)
	}
}
