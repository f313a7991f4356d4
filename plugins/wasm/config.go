package wasm

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"go.uber.org/zap"
)

// Config is what an operator may set. The zero value of a field means its default.
type Config struct {
	// CacheDir keeps compiled code between starts; it is created with mode 0700 and refused when others may write to it,
	// because its contents are run as they are. "" compiles again at every start.
	CacheDir string
	// Interpreter runs plugins without native code: about fifty times slower, for plugins of people who are not trusted.
	Interpreter bool
	// InstanceMemory is the limit in bytes for an instance, 16 MiB; InstanceMemoryWASI that of modules that import WASI,
	// 64 MiB: Go's runtime needs it.
	InstanceMemory, InstanceMemoryWASI int64
	// TotalMemory is the limit in bytes for all instances together, 512 MiB.
	TotalMemory int64
	// CompileTimeout ends a compilation, 30 s.
	CompileTimeout time.Duration
	// BatchTimeout and AssignTimeout end a call that takes longer although it has fuel left, 500 ms and 5 s.
	BatchTimeout, AssignTimeout time.Duration
	// QuarantineAfter so many failed batches within QuarantineWindow, 10 in a minute, a plugin is not called for
	// QuarantineTime, 30 s; then it is tried again, and put back for twice as long when it fails at once, up to 30 minutes.
	QuarantineAfter  int
	QuarantineWindow time.Duration
	QuarantineTime   time.Duration
	// Logger receives what plugins log and how they fail; nil: nothing.
	Logger *zap.Logger
}

func (c Config) withDefaults() Config {
	def(&c.InstanceMemory, 16<<20)
	def(&c.InstanceMemoryWASI, 64<<20)
	def(&c.TotalMemory, 512<<20)
	def(&c.CompileTimeout, 30*time.Second)
	def(&c.BatchTimeout, 500*time.Millisecond)
	def(&c.AssignTimeout, 5*time.Second)
	def(&c.QuarantineAfter, 10)
	def(&c.QuarantineWindow, time.Minute)
	def(&c.QuarantineTime, 30*time.Second)
	def(&c.Logger, zap.NewNop())
	return c
}

// def gives a setting its default.
func def[T comparable](setting *T, value T) {
	var zero T
	if *setting == zero {
		*setting = value
	}
}

// memoryLimit returns the limit of an instance in bytes, a multiple of the page size.
func (c *Config) memoryLimit(wasi bool) int64 {
	limit := c.InstanceMemory
	if wasi {
		limit = c.InstanceMemoryWASI
	}
	return min(max(limit, pageSize), maxMemory) / pageSize * pageSize
}

const (
	pageSize  = 64 << 10 // of WebAssembly
	maxMemory = 1 << 31  // addresses stay positive in an i64 result
)

// openCache makes sure that nobody else can write code into the cache.
func openCache(dir string) error {
	if dir == "" {
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("plugin cache: %w", err)
	}
	info, err := os.Lstat(dir)
	switch {
	case err != nil:
		return fmt.Errorf("plugin cache: %w", err)
	case !info.IsDir():
		return fmt.Errorf("plugin cache: %s is not a directory", dir)
	case info.Mode().Perm()&0o077 != 0:
		return fmt.Errorf("plugin cache: %s is open to others (mode %s) and holds code that the broker runs: chmod 700 it", dir, info.Mode().Perm())
	}
	return ownedByUs(dir, info)
}

var errForeignCache = errors.New("it belongs to another user and holds code that the broker runs")

func foreignCache(dir string) error {
	return &fs.PathError{Op: "plugin cache", Path: dir, Err: errForeignCache}
}
