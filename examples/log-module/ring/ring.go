// Package ring is a log module made outside Jackdaw: an example to start from. It keeps the last megabytes of every
// partition in memory and forgets the rest, whatever the topic's retention says.
//
// A log module implements two contracts of core/log: Engine keeps the logs of a broker, Log is one of them. This file is
// the engine, log.go the log, module.go makes it a module that a config file can choose with modules.log: ring. The suite
// that every log module must pass is core/log/logtest; ring_test.go runs it.
package ring

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/log"
)

// Config holds the settings of this module. Keys of our own begin with a name of our own.
type Config struct {
	Bytes int64 `config:"example.ring.bytes" doc:"Bytes that each partition keeps at most."`
}

// DefaultConfig returns the settings that hold where a user sets none.
func DefaultConfig() Config { return Config{Bytes: 16 << 20} }

// Validate reports the settings that can't work, each beginning with its key.
func (c Config) Validate() error {
	if c.Bytes < 1<<20 {
		return fmt.Errorf("example.ring.bytes: must be at least 1048576, got %d", c.Bytes)
	}
	return nil
}

// Engine keeps the rings of one broker.
type Engine struct {
	cfg Config
	id  kafka.TopicID

	mu   sync.Mutex
	logs map[kafka.TopicPartition]*ring

	stop    context.CancelFunc
	trimmer sync.WaitGroup
}

// New returns an engine without logs. Like every constructor of a module it does no I/O and starts no goroutine.
func New(cfg Config) *Engine {
	return &Engine{cfg: cfg, id: kafka.NewTopicID(), logs: map[kafka.TopicPartition]*ring{}}
}

// trimInterval is how often rings are cut to their size.
const trimInterval = time.Second

// Start starts the goroutine that forgets.
func (e *Engine) Start(context.Context, log.Identity) error {
	ctx, stop := context.WithCancel(context.Background())
	e.stop = stop
	e.trimmer.Go(func() {
		tick := time.NewTicker(trimInterval)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case now := <-tick.C:
				for _, r := range e.open() {
					r.trim(now, e.cfg.Bytes)
				}
			}
		}
	})
	return nil
}

// Join does nothing: memory forgets which cluster it belonged to.
func (e *Engine) Join(context.Context, string) error { return nil }

// Found lists nothing: memory starts empty.
func (e *Engine) Found() []log.Found { return nil }

// Open creates a log.
func (e *Engine) Open(_ context.Context, spec log.Spec, host log.Host) (log.Log, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if old := e.logs[spec.TopicPartition]; old != nil {
		return nil, fmt.Errorf("log %s is open already", spec.TopicPartition)
	}
	if err := host.Restore(nil, nil, 0); err != nil {
		return nil, err
	}
	r := &ring{engine: e, spec: spec, host: host}
	r.measure()
	e.logs[spec.TopicPartition] = r
	return r, nil
}

// Delete forgets a log.
func (e *Engine) Delete(_ context.Context, tp kafka.TopicPartition, id kafka.TopicID) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if r := e.logs[tp]; r != nil && r.spec.TopicID == id {
		r.close()
		delete(e.logs, tp)
	}
	return nil
}

// Dirs describes memory as one directory without a path.
func (e *Engine) Dirs() []log.DirStatus { return []log.DirStatus{{ID: e.id, Total: -1, Free: -1}} }

// Stop ends the goroutine and forgets everything.
func (e *Engine) Stop(ctx context.Context) error {
	if e.stop == nil {
		return nil
	}
	e.stop()
	e.trimmer.Wait()
	var errs []error
	for _, r := range e.open() {
		errs = append(errs, r.Close(ctx))
	}
	return errors.Join(errs...)
}

func (e *Engine) open() []*ring {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Collect(maps.Values(e.logs))
}

var _ log.Engine = (*Engine)(nil)
