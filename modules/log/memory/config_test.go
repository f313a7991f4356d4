package memory_test

import (
	"strings"
	"testing"

	"github.com/jackdawmq/jackdaw/core/module"
	"github.com/jackdawmq/jackdaw/modules/log/memory"
)

func TestConfig(t *testing.T) {
	c := memory.DefaultConfig()
	if err := c.Validate(); err != nil {
		t.Errorf("the defaults: %v", err)
	}
	c.RetentionCheckInterval, c.CleanerBackoff = 0, -1
	err := c.Validate()
	if err == nil || !strings.Contains(err.Error(), "log.retention.check.interval.ms: ") || !strings.Contains(err.Error(), "log.cleaner.backoff.ms: ") {
		t.Errorf("two mistakes: %v", err)
	}
	if _, err := module.Schema([]module.Module{memory.Module()}); err != nil {
		t.Error(err)
	}
}
