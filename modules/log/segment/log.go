package segment

import (
	"context"
	"errors"
	"io"
	"math"
	"path"
	"sync"
	"sync/atomic"
	"syscall"

	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/log"
)

// maxOffset is one more than the largest offset of a record.
const maxOffset = math.MaxInt64

// partitionLog is one partition log. Its locks, in the order in which they are taken:
//
//	flushMu  one fsync at a time; never taken while mu is held
//	mu       everything that changes the log: the writer's calls and the clean-up
//
// Readers take neither: they use view, start and the published ends of segments.
type partitionLog struct {
	engine *Engine
	root   *dataDir
	spec   log.Spec
	host   log.Host
	logger *zap.Logger

	dir      atomic.Pointer[string] // path of the partition directory
	settings atomic.Pointer[log.Settings]
	view     atomic.Pointer[view]
	start    atomic.Int64 // log start offset
	stable   atomic.Int64 // see flush.go
	// recoveryPoint: everything below is synced, with the indexes of closed segments. Written with mu held.
	recoveryPoint atomic.Int64
	failed        atomic.Pointer[error]
	closed        atomic.Bool
	deleted       atomic.Bool // errors mean nothing any more: the files are going

	mu        sync.Mutex
	flusher   flusher
	flushMu   sync.Mutex
	sides     sideFiles
	truncated int // number of truncations: work that was prepared before one is void
	cleaning  cleanState
}

func (l *partitionLog) active() *segment { return l.view.Load().active() }

// end returns the log end offset.
func (l *partitionLog) end() int64 { return l.active().next.Load() }

func (l *partitionLog) errClosed() error {
	return kafka.Errorf(kafka.KafkaStorageError, "log %s is closed", l.spec.TopicPartition)
}

func (l *partitionLog) errOffline(cause error) error {
	return &storageError{tp: l.spec.TopicPartition, cause: cause}
}

// storageError is what callers of an offline log get: KAFKA_STORAGE_ERROR, with the cause for logs.
type storageError struct {
	tp    kafka.TopicPartition
	cause error
}

// Error describes the cause.
func (e *storageError) Error() string {
	return "log " + e.tp.String() + " is offline: " + e.cause.Error()
}

// Unwrap makes kafka.CodeOf find the code, and errors.Is the cause.
func (e *storageError) Unwrap() []error { return []error{kafka.KafkaStorageError, e.cause} }

// writable says why the log takes no changes, if it does not.
func (l *partitionLog) writable() error {
	if l.closed.Load() {
		return l.errClosed()
	}
	if cause := l.failed.Load(); cause != nil {
		return l.errOffline(*cause)
	}
	return nil
}

// readable says why the log can't be read.
func (l *partitionLog) readable() error { return l.writable() }

// fail takes the log offline, tells its host, and has the engine take the whole directory offline, as Kafka does: a disk
// that fails once is not written to any more. It returns the error for the caller.
func (l *partitionLog) fail(cause error) error {
	if l.deleted.Load() {
		return l.errClosed()
	}
	if errors.Is(cause, syscall.EMFILE) || errors.Is(cause, syscall.ENFILE) {
		// Not the disk's fault: the caller may try again when other files are closed.
		l.logger.Error("too many open files: raise the limit (ulimit -n)", zap.Error(cause))
		return l.errOffline(cause)
	}
	if l.failed.CompareAndSwap(nil, &cause) {
		l.host.Failed(l.errOffline(cause))
		l.engine.dirFailed(l.root, cause)
	}
	return l.errOffline(cause)
}

// readFailed judges an error of a read: one of the file system takes the log offline; damaged contents do not.
func (l *partitionLog) readFailed(err error) error {
	if err2 := l.writable(); err2 != nil {
		return err2 // closed meanwhile
	}
	if errors.Is(err, errNoBatch) || errors.Is(err, io.ErrUnexpectedEOF) || isMissing(err) {
		l.logger.Error("damaged segment", zap.Error(err))
		return l.errOffline(err)
	}
	return l.fail(err)
}

// Status returns offsets and sizes. It takes no lock.
func (l *partitionLog) Status() log.Status {
	v := l.view.Load()
	active := v.active()
	size, end := active.extent()
	status := log.Status{
		Segments: len(v.segments), SizeBytes: v.closedBytes + size, EndOffset: end,
		MaxTimestamp: max(v.closedMaxTimestamp, active.maxTimestamp.Load()), Dir: l.root.path,
	}
	status.StartOffset = min(l.start.Load(), status.EndOffset)
	status.StableOffset = l.stableOffset(status.EndOffset)
	if cause := l.failed.Load(); cause != nil {
		status.Failed = *cause
	}
	return status
}

// Configure applies changed settings.
func (l *partitionLog) Configure(s log.Settings) {
	l.settings.Store(&s)
	l.kickFlush() // what waits for a flush that is no longer asked for must not wait for ever
}

// Close makes everything durable and leaves a snapshot of the producer state, so that the next Open has nothing to do.
func (l *partitionLog) Close(ctx context.Context) error {
	clean, err := l.shut(ctx)
	if clean || err != nil || l.failed.Load() != nil {
		l.engine.forget(l, clean)
	}
	return err
}

// shut is Close within the log. clean says that the next Open has nothing to recover.
func (l *partitionLog) shut(ctx context.Context) (clean bool, err error) {
	l.flushMu.Lock()
	defer l.flushMu.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed.Swap(true) {
		return false, nil
	}
	l.flusher.stop()
	if l.failed.Load() == nil {
		if err = l.closeFiles(ctx); err != nil && ctx.Err() == nil {
			err = l.fail(err)
		}
	}
	for _, s := range l.view.Load().segments {
		s.close()
	}
	return err == nil && l.failed.Load() == nil, err
}

// closeFiles writes and syncs what a clean close leaves. Called with both locks held.
func (l *partitionLog) closeFiles(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err // the caller is out of time: the next Open recovers the log
	}
	v := l.view.Load()
	active := v.active()
	end := active.next.Load()
	if l.unchanged(active, end) {
		return nil
	}
	if producers := l.host.Snapshot(); producers != nil && end > 0 {
		if err := l.sides.writeSnapshot(end, producers, true); err != nil {
			return err
		}
	}
	if err := active.finish(); err != nil {
		return err
	}
	for _, s := range l.unsynced(v) {
		if err := l.saveAborted(s); err != nil {
			return err
		}
		if err := s.sync(true); err != nil {
			return err
		}
	}
	var err error
	if l.flusher.fresh {
		err = l.syncDirectory()
	} else {
		err = l.engine.fs.SyncDir(*l.dir.Load())
	}
	if err == nil {
		l.recoveryPoint.Store(end)
	}
	return err
}

// unchanged tells whether the files already are what a clean close leaves: thousands of idle logs cost a stop nothing. An
// empty log that a crash of the machine loses is simply made again.
func (l *partitionLog) unchanged(active *segment, end int64) bool {
	if end == 0 {
		return true
	}
	return !l.flusher.fresh && len(l.flusher.rolled) == 0 && l.recoveryPoint.Load() == end &&
		l.sides.newest(maxOffset) == end && active.finished()
}

// file returns the path of a file in the partition directory.
func (l *partitionLog) file(name string) string { return path.Join(*l.dir.Load(), name) }

var _ log.Log = (*partitionLog)(nil)
