package wasm

import (
	"sync"
	"sync/atomic"

	"github.com/jackdawmq/jackdaw/sdk/abi"
)

// guestCounters are the metrics that a plugin declares for one binding: all instances count in the same ones.
type guestCounters struct {
	values [abi.MaxMetrics]atomic.Int64
	known  atomic.Int32 // length of names
	mu     sync.Mutex
	names  []string
}

// register returns the id of a counter, or -1 when there are too many or the name is none.
func (c *guestCounters) register(name []byte) int32 {
	if !metricName(name) {
		return -1
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, known := range c.names {
		if known == string(name) {
			return int32(id)
		}
	}
	if len(c.names) == abi.MaxMetrics {
		return -1
	}
	c.names = append(c.names, string(name))
	c.known.Store(int32(len(c.names)))
	return int32(len(c.names) - 1)
}

// add counts; an unknown id does nothing.
func (c *guestCounters) add(id int32, delta int64) {
	if id >= 0 && id < c.known.Load() {
		c.values[id].Add(delta)
	}
}

func (c *guestCounters) snapshot() map[string]int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.names) == 0 {
		return nil
	}
	values := make(map[string]int64, len(c.names))
	for id, name := range c.names {
		values[name] = c.values[id].Load()
	}
	return values
}

// metricName accepts what Prometheus accepts: [a-zA-Z_][a-zA-Z0-9_]*, at most 128 bytes.
func metricName(b []byte) bool {
	if len(b) == 0 || len(b) > 128 {
		return false
	}
	for i, c := range b {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return true
}
