package segment

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"time"
)

// Config holds the settings of this module under Kafka's names. Defaults are Kafka's, except for the directory.
type Config struct {
	Dirs []string `config:"log.dirs" doc:"Directories that hold the logs, one per disk. A new partition goes to the one with the fewest."`

	RecoveryThreads         int           `config:"num.recovery.threads.per.data.dir" doc:"How many logs of a directory are recovered at once at start."`
	RetentionCheckInterval  time.Duration `config:"log.retention.check.interval.ms" doc:"How often segments that retention lets go are looked for."`
	RecoveryPointCheckpoint time.Duration `config:"log.flush.offset.checkpoint.interval.ms" doc:"How often the offsets from which recovery starts are written down."`
	StartOffsetCheckpoint   time.Duration `config:"log.flush.start.offset.checkpoint.interval.ms" doc:"How often log start offsets are written down."`

	VerifyRate int64 `config:"jackdaw.log.verify.bytes.per.second" doc:"How fast closed segments are read once after each start, to find bytes that a disk has lost; 0: never."`

	CleanerEnable     bool          `config:"log.cleaner.enable" doc:"Whether topics with cleanup.policy=compact are compacted."`
	CleanerThreads    int           `config:"log.cleaner.threads" doc:"How many logs are compacted at once."`
	CleanerBuffer     int64         `config:"log.cleaner.dedupe.buffer.size" doc:"Bytes of memory for the keys of the logs that are being compacted, shared by all threads."`
	CleanerLoadFactor float64       `config:"log.cleaner.io.buffer.load.factor" doc:"How full the table of keys may get."`
	CleanerRate       float64       `config:"log.cleaner.io.max.bytes.per.second" doc:"What compaction may read and write per second, in bytes."`
	CleanerBackoff    time.Duration `config:"log.cleaner.backoff.ms" doc:"How long compaction waits when there is nothing to do."`
}

func defaultConfig() Config {
	return Config{
		Dirs: []string{"./data"}, RecoveryThreads: 2, RetentionCheckInterval: 5 * time.Minute,
		RecoveryPointCheckpoint: time.Minute, StartOffsetCheckpoint: time.Minute,
		VerifyRate:    1 << 20,
		CleanerEnable: true, CleanerThreads: 1, CleanerBuffer: 128 << 20, CleanerLoadFactor: 0.9,
		CleanerRate: math.MaxFloat64, CleanerBackoff: 15 * time.Second,
	}
}

// DefaultConfig returns the settings that hold where a user sets none.
func DefaultConfig() Config { return defaultConfig() }

// minCleanerBuffer is the least memory that a compaction thread works with, as in Kafka.
const minCleanerBuffer = 1 << 20

// Validate reports every setting that can't work.
func (c Config) Validate() error {
	var errs []error
	wrong := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	wrong(len(c.Dirs) == 0, "log.dirs: name at least one directory")
	seen := map[string]bool{}
	for _, dir := range c.Dirs {
		clean := filepath.Clean(dir)
		wrong(dir == "", "log.dirs: a directory is empty")
		wrong(seen[clean], "log.dirs: %s is named twice", dir)
		seen[clean] = true
	}
	wrong(c.RecoveryThreads < 1, "num.recovery.threads.per.data.dir: must be at least 1, got %d", c.RecoveryThreads)
	wrong(c.RetentionCheckInterval <= 0, "log.retention.check.interval.ms: must be at least 1, got %d", c.RetentionCheckInterval.Milliseconds())
	wrong(c.RecoveryPointCheckpoint < 0, "log.flush.offset.checkpoint.interval.ms: must be at least 0, got %d", c.RecoveryPointCheckpoint.Milliseconds())
	wrong(c.StartOffsetCheckpoint < 0, "log.flush.start.offset.checkpoint.interval.ms: must be at least 0, got %d", c.StartOffsetCheckpoint.Milliseconds())
	wrong(c.VerifyRate < 0, "jackdaw.log.verify.bytes.per.second: must be at least 0, got %d", c.VerifyRate)
	wrong(c.CleanerThreads < 0, "log.cleaner.threads: must be at least 0, got %d", c.CleanerThreads)
	wrong(c.CleanerThreads > 0 && c.CleanerBuffer/int64(c.CleanerThreads) < minCleanerBuffer,
		"log.cleaner.dedupe.buffer.size: must be at least 1048576 for each of log.cleaner.threads, got %d for %d", c.CleanerBuffer, c.CleanerThreads)
	wrong(!(c.CleanerLoadFactor > 0 && c.CleanerLoadFactor <= 1), "log.cleaner.io.buffer.load.factor: must be above 0 and at most 1, got %v", c.CleanerLoadFactor)
	wrong(!(c.CleanerRate > 0), "log.cleaner.io.max.bytes.per.second: must be above 0, got %v", c.CleanerRate)
	wrong(c.CleanerBackoff < 0, "log.cleaner.backoff.ms: must be at least 0, got %d", c.CleanerBackoff.Milliseconds())
	return errors.Join(errs...)
}
