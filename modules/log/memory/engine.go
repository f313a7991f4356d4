package memory

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/log"
)

// Engine keeps logs in memory.
type Engine struct {
	cfg    Config
	logger *zap.Logger

	mu   sync.Mutex
	logs map[kafka.TopicPartition]*partitionLog
	id   kafka.TopicID

	stop    context.CancelFunc
	cleaner sync.WaitGroup
}

// New returns an engine without logs. Start starts its clean-up.
func New(cfg Config, logger *zap.Logger) *Engine {
	return &Engine{cfg: cfg, logger: logger, logs: map[kafka.TopicPartition]*partitionLog{}, id: kafka.NewTopicID()}
}

// DefaultConfig returns the settings that hold where a user sets none.
func DefaultConfig() Config { return defaultConfig() }

// Start starts the clean-up.
func (e *Engine) Start(context.Context, log.Identity) error {
	ctx, stop := context.WithCancel(context.Background())
	e.stop = stop
	e.cleaner.Go(func() { e.clean(ctx) })
	return nil
}

// Join does nothing: memory forgets which cluster it belonged to.
func (e *Engine) Join(context.Context, string) error { return nil }

// Found lists nothing: memory starts empty.
func (e *Engine) Found() []log.Found { return nil }

// Open creates a log. Open logs must not be opened again.
func (e *Engine) Open(_ context.Context, spec log.Spec, host log.Host) (log.Log, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if old := e.logs[spec.TopicPartition]; old != nil {
		if old.spec.TopicID == spec.TopicID {
			return nil, fmt.Errorf("log %s is open already", spec.TopicPartition)
		}
		old.discard()
	}
	l := newLog(e, spec, host)
	if err := host.Restore(nil, nil, 0); err != nil {
		return nil, fmt.Errorf("log %s: restore the producer state: %w", spec.TopicPartition, err)
	}
	e.logs[spec.TopicPartition] = l
	return l, nil
}

// Delete forgets a log at once.
func (e *Engine) Delete(_ context.Context, tp kafka.TopicPartition, id kafka.TopicID) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if l := e.logs[tp]; l != nil && l.spec.TopicID == id {
		l.discard()
		delete(e.logs, tp)
	}
	return nil
}

// Dirs describes the one directory that memory has.
func (e *Engine) Dirs() []log.DirStatus {
	return []log.DirStatus{{ID: e.id, Total: -1, Free: -1}}
}

// Stop ends the clean-up and forgets every log.
func (e *Engine) Stop(ctx context.Context) error {
	if e.stop != nil {
		e.stop()
		e.cleaner.Wait()
	}
	for _, l := range e.open() {
		if err := l.Close(ctx); err != nil {
			return err
		}
	}
	return nil
}

// open lists the open logs.
func (e *Engine) open() []*partitionLog {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Collect(maps.Values(e.logs))
}

// forget drops a closed log.
func (e *Engine) forget(l *partitionLog) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.logs[l.spec.TopicPartition] == l {
		delete(e.logs, l.spec.TopicPartition)
	}
}

// clean applies retention and compaction until ctx ends.
func (e *Engine) clean(ctx context.Context) {
	retention := time.NewTicker(e.cfg.RetentionCheckInterval)
	defer retention.Stop()
	compaction := time.NewTicker(max(e.cfg.CleanerBackoff, time.Millisecond))
	defer compaction.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-retention.C:
			for _, l := range e.open() {
				l.retain(now)
			}
		case now := <-compaction.C:
			for _, l := range e.open() {
				l.compact(now)
			}
		}
	}
}

var _ log.Engine = (*Engine)(nil)
