package ring_test

import (
	"testing"

	"example.com/jackdaw-ring/ring"
	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/log/logtest"
)

// TestConformance is all that a log module needs to know whether it works.
func TestConformance(t *testing.T) {
	logtest.Run(t, logtest.Subject{NoCompaction: true, Storage: func(*testing.T) func() log.Engine {
		return func() log.Engine { return ring.New(ring.DefaultConfig()) }
	}})
}
