package segment_test

import (
	"testing"

	"go.uber.org/zap/zaptest"

	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/log/logtest"
	"github.com/jackdawmq/jackdaw/core/vfs"
	"github.com/jackdawmq/jackdaw/modules/log/segment"
)

func engineAt(t *testing.T, fsys vfs.FS, dir string) *segment.Engine {
	cfg := segment.DefaultConfig()
	cfg.Dirs = []string{dir}
	cfg.CleanerBuffer = 1 << 20
	return segment.New(cfg, fsys, zaptest.NewLogger(t))
}

func TestConformance(t *testing.T) {
	t.Run("memory", func(t *testing.T) {
		logtest.Run(t, logtest.Subject{Durable: true, Storage: func(t *testing.T) func() log.Engine {
			fsys := vfs.NewMem()
			return func() log.Engine { return engineAt(t, fsys, "/data") }
		}})
	})
	t.Run("disk", func(t *testing.T) {
		logtest.Run(t, logtest.Subject{Durable: true, Storage: func(t *testing.T) func() log.Engine {
			dir := t.TempDir()
			return func() log.Engine { return engineAt(t, vfs.OS{}, dir) }
		}})
	})
}
