package segment_test

import (
	"strings"
	"testing"

	"github.com/jackdawmq/jackdaw/core/module"
	"github.com/jackdawmq/jackdaw/modules/log/segment"
)

func TestConfig(t *testing.T) {
	if err := segment.DefaultConfig().Validate(); err != nil {
		t.Errorf("the defaults: %v", err)
	}
	f := func(key string, change func(*segment.Config)) {
		t.Helper()
		c := segment.DefaultConfig()
		change(&c)
		if err := c.Validate(); err == nil || !strings.HasPrefix(err.Error(), key+": ") {
			t.Errorf("%s: %v", key, err)
		}
	}
	f("log.dirs", func(c *segment.Config) { c.Dirs = nil })
	f("log.dirs", func(c *segment.Config) { c.Dirs = []string{"a", "./a"} })
	f("num.recovery.threads.per.data.dir", func(c *segment.Config) { c.RecoveryThreads = 0 })
	f("log.retention.check.interval.ms", func(c *segment.Config) { c.RetentionCheckInterval = 0 })
	f("log.flush.offset.checkpoint.interval.ms", func(c *segment.Config) { c.RecoveryPointCheckpoint = -1 })
	f("log.flush.start.offset.checkpoint.interval.ms", func(c *segment.Config) { c.StartOffsetCheckpoint = -1 })
	f("log.cleaner.threads", func(c *segment.Config) { c.CleanerThreads = -1 })
	f("log.cleaner.dedupe.buffer.size", func(c *segment.Config) { c.CleanerBuffer = 1000 })
	f("log.cleaner.io.buffer.load.factor", func(c *segment.Config) { c.CleanerLoadFactor = 1.5 })
	f("jackdaw.log.verify.bytes.per.second", func(c *segment.Config) { c.VerifyRate = -1 })
	f("log.cleaner.io.max.bytes.per.second", func(c *segment.Config) { c.CleanerRate = 0 })
	f("log.cleaner.backoff.ms", func(c *segment.Config) { c.CleanerBackoff = -1 })
}

// TestModule makes sure that the settings are Kafka's, with Kafka's defaults: the schema refuses others.
func TestModule(t *testing.T) {
	if _, err := module.Schema([]module.Module{segment.Module()}); err != nil {
		t.Error(err)
	}
}
