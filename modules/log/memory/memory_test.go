package memory_test

import (
	"testing"

	"go.uber.org/zap/zaptest"

	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/log/logtest"
	"github.com/jackdawmq/jackdaw/modules/log/memory"
)

func TestConformance(t *testing.T) {
	logtest.Run(t, logtest.Subject{Storage: func(t *testing.T) func() log.Engine {
		return func() log.Engine { return memory.New(memory.DefaultConfig(), zaptest.NewLogger(t)) }
	}})
}
