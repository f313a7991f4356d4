package memory

import (
	"errors"
	"fmt"
	"time"
)

// Config holds the settings of this module under Kafka's names.
type Config struct {
	RetentionCheckInterval time.Duration `config:"log.retention.check.interval.ms" doc:"How often old segments are looked for."`
	CleanerBackoff         time.Duration `config:"log.cleaner.backoff.ms" doc:"How often compacted topics are looked at."`
}

func defaultConfig() Config {
	return Config{RetentionCheckInterval: 5 * time.Minute, CleanerBackoff: 15 * time.Second}
}

// Validate reports every setting that can't work.
func (c Config) Validate() error {
	var errs []error
	if c.RetentionCheckInterval <= 0 {
		errs = append(errs, fmt.Errorf("log.retention.check.interval.ms: must be at least 1, got %d", c.RetentionCheckInterval.Milliseconds()))
	}
	if c.CleanerBackoff < 0 {
		errs = append(errs, fmt.Errorf("log.cleaner.backoff.ms: must be at least 0, got %d", c.CleanerBackoff.Milliseconds()))
	}
	return errors.Join(errs...)
}
