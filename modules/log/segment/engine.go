package segment

import (
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"sync"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/telemetry"
	"github.com/jackdawmq/jackdaw/core/vfs"
)

// Engine keeps logs in the directories of its configuration.
type Engine struct {
	cfg    Config
	fs     vfs.FS
	logger *zap.Logger
	health *telemetry.Health // nil: nobody to tell
	dirs   []*dataDir

	mu    sync.Mutex
	logs  map[kafka.TopicPartition]*partitionLog // open ones; nil while one is being opened
	found inventory                              // on disk
	trash trash

	verification verification

	cancel     context.CancelFunc // ends the tasks
	tasks      sync.WaitGroup     // retention, checkpoints, compaction
	background sync.WaitGroup     // flushes
}

// New returns an engine over a file system. It does no I/O: Start does.
func New(cfg Config, fsys vfs.FS, logger *zap.Logger) *Engine {
	e := &Engine{cfg: cfg, fs: fsys, logger: logger, logs: map[kafka.TopicPartition]*partitionLog{},
		found: newInventory(), trash: trash{added: make(chan struct{}, 1)},
		verification: newVerification()}
	for _, dir := range cfg.Dirs {
		e.dirs = append(e.dirs, &dataDir{path: filepath.ToSlash(filepath.Clean(dir)), fs: fsys, logger: logger,
			recovery: make(chan struct{}, max(cfg.RecoveryThreads, 1))})
	}
	return e
}

// Start locks the directories and lists the logs in them. A directory that fails is offline from the start, as long as
// another one works; one that belongs to somebody else stops everything.
func (e *Engine) Start(_ context.Context, id log.Identity) error {
	if err := e.startDirs(func(d *dataDir) error { return e.startDir(d, id) }); err != nil {
		return errors.Join(err, e.unlock())
	}
	ctx, cancel := context.WithCancel(context.Background())
	e.cancel = cancel
	e.tasks.Go(func() { e.janitor(ctx) })
	if e.cfg.VerifyRate > 0 {
		e.tasks.Go(func() { e.verifier(ctx) })
	}
	if e.cfg.CleanerEnable {
		for range e.cfg.CleanerThreads {
			e.tasks.Go(func() { e.cleaner(ctx) })
		}
	}
	return nil
}

func (e *Engine) startDir(d *dataDir, id log.Identity) error {
	if err := d.start(id); err != nil {
		return err
	}
	found, deleted, err := d.scan()
	if err != nil {
		return err
	}
	for _, f := range found {
		if other, twice := e.found.logs[f.TopicPartition]; twice {
			return fmt.Errorf("log.dirs: %s is in %s and in %s: move one of them away", f.TopicPartition, other.Dir, f.Dir)
		}
		e.found.put(f)
	}
	for _, dir := range deleted {
		e.trash.add(dir, 0)
	}
	return nil
}

// unlock gives the directories up without leaving a marker: nothing was opened.
func (e *Engine) unlock() error {
	var errs []error
	for _, d := range e.dirs {
		if d.lock != nil {
			errs = append(errs, d.lock.Close())
			d.lock = nil
		}
	}
	return errors.Join(errs...)
}

// Found lists the logs that Start saw.
func (e *Engine) Found() []log.Found {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.found.sorted()
}

// Open opens or creates a log.
func (e *Engine) Open(ctx context.Context, spec log.Spec, host log.Host) (log.Log, error) {
	tp := spec.TopicPartition
	e.mu.Lock()
	if _, busy := e.logs[tp]; busy {
		e.mu.Unlock()
		return nil, fmt.Errorf("log %s is open already", tp)
	}
	e.logs[tp] = nil
	found, exists := e.found.logs[tp]
	e.mu.Unlock()

	l, err := e.open(ctx, spec, host, found, exists)

	e.mu.Lock()
	defer e.mu.Unlock()
	if err != nil {
		delete(e.logs, tp)
		if !exists {
			e.found.drop(tp)
		}
		return nil, fmt.Errorf("open log %s: %w", tp, err)
	}
	e.logs[tp] = l
	e.found.put(log.Found{TopicPartition: tp, TopicID: spec.TopicID, Dir: l.root.path})
	if len(l.view.Load().closed()) > 0 {
		e.verifySoon()
	}
	return l, nil
}

// open finds or makes the partition directory and opens the log in it.
func (e *Engine) open(ctx context.Context, spec log.Spec, host log.Host, found log.Found, exists bool) (*partitionLog, error) {
	if exists && found.TopicID != spec.TopicID && !found.TopicID.IsZero() {
		if err := e.setAside(found); err != nil {
			return nil, err
		}
		exists = false
	}
	root := e.dirNamed(found.Dir)
	if !exists {
		if err := e.lost(spec.TopicPartition); err != nil && spec.Existing {
			return nil, err
		}
		root = e.dirFor(spec)
	}
	if root == nil {
		return nil, kafka.Errorf(kafka.KafkaStorageError, "every directory of log.dirs is offline")
	}
	if err := root.offline(); err != nil {
		return nil, errors.Join(kafka.KafkaStorageError, err)
	}
	dir := path.Join(root.path, spec.TopicPartition.String())
	if !exists || found.TopicID.IsZero() {
		if err := e.makeDir(dir, spec.TopicID); err != nil {
			return nil, openFailed(err)
		}
	}
	clean := root.takeClean(spec.TopicPartition)
	if !clean {
		select {
		case root.recovery <- struct{}{}:
			defer func() { <-root.recovery }()
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	l, err := e.openLog(ctx, root, dir, spec, host, clean)
	if err != nil {
		return nil, openFailed(err)
	}
	return l, nil
}

// openFailed gives an error its code. A log that can't be opened does not take its directory offline: others may work.
func openFailed(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return errors.Join(kafka.KafkaStorageError, err)
}

// makeDir creates a partition directory with its topic id. The first flush makes it durable: creating a thousand
// partitions does not wait for the disk a thousand times, and a log that a crash loses held nothing that was promised.
func (e *Engine) makeDir(dir string, id kafka.TopicID) error {
	if err := e.fs.MkdirAll(dir); err != nil {
		return err
	}
	return writeFile(e.fs, path.Join(dir, partitionMetadataFile), encodePartitionMetadata(id), false)
}

// setAside renames the directory of a log with another topic id.
func (e *Engine) setAside(f log.Found) error {
	root := e.dirNamed(f.Dir)
	name := asideName(f.TopicPartition, strayMark)
	e.logger.Warn("setting aside a log of another topic id", zap.Stringer("log", f.TopicPartition),
		zap.Stringer("topic id", f.TopicID), zap.String("as", path.Join(root.path, name)))
	if err := e.fs.Rename(path.Join(root.path, f.TopicPartition.String()), path.Join(root.path, name)); err != nil {
		return err
	}
	root.forget(f.TopicPartition)
	return e.fs.SyncDir(root.path)
}

func (e *Engine) dirNamed(dir string) *dataDir {
	for _, d := range e.dirs {
		if d.path == dir {
			return d
		}
	}
	return nil
}

// dirFor returns the directory for a new log: the one online that has the fewest. It counts the log at once, so that those
// of a topic, which are opened together, spread.
func (e *Engine) dirFor(spec log.Spec) *dataDir {
	e.mu.Lock()
	defer e.mu.Unlock()
	var best *dataDir
	for _, d := range e.dirs {
		if d.offline() == nil && (best == nil || e.found.count[d.path] < e.found.count[best.path]) {
			best = d
		}
	}
	if best != nil {
		e.found.put(log.Found{TopicPartition: spec.TopicPartition, TopicID: spec.TopicID, Dir: best.path})
	}
	return best
}

// Dirs describes the directories.
func (e *Engine) Dirs() []log.DirStatus {
	list := make([]log.DirStatus, len(e.dirs))
	for i, d := range e.dirs {
		list[i] = d.status()
	}
	return list
}

// opened lists the open logs.
func (e *Engine) opened() []*partitionLog {
	e.mu.Lock()
	defer e.mu.Unlock()
	list := make([]*partitionLog, 0, len(e.logs))
	for _, l := range e.logs {
		if l != nil {
			list = append(list, l)
		}
	}
	return list
}

// forget drops a closed log from the open ones and keeps what the next Open needs.
func (e *Engine) forget(l *partitionLog, clean bool) {
	l.noteCheckpoints()
	e.mu.Lock()
	defer e.mu.Unlock()
	tp := l.spec.TopicPartition
	if e.logs[tp] != l {
		return
	}
	delete(e.logs, tp)
	if clean {
		l.root.setClean(tp)
	}
}

// closeAtOnce is how many logs Stop closes at the same time: each waits for the disk.
const closeAtOnce = 16

// Stop closes every log and leaves the clean shutdown marker.
func (e *Engine) Stop(ctx context.Context) error {
	if e.cancel == nil {
		return nil
	}
	e.cancel()
	e.tasks.Wait()
	var closing errgroup.Group
	closing.SetLimit(closeAtOnce)
	var mu sync.Mutex
	var errs []error
	for _, l := range e.opened() {
		closing.Go(func() error {
			if err := l.Close(ctx); err != nil {
				mu.Lock()
				defer mu.Unlock()
				errs = append(errs, err)
			}
			return nil
		})
	}
	_ = closing.Wait()
	e.background.Wait()
	for _, d := range e.dirs {
		errs = append(errs, d.stop())
	}
	return errors.Join(errs...)
}

var _ log.Engine = (*Engine)(nil)
