package segment

import (
	"context"
	"path"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/log"
)

// defaultDeleteDelay is Kafka's default of file.delete.delay.ms, for logs that were never opened.
const defaultDeleteDelay = time.Minute

// Delete renames the partition directory, which is the deletion, and removes it later.
func (e *Engine) Delete(_ context.Context, tp kafka.TopicPartition, id kafka.TopicID) error {
	e.mu.Lock()
	found, ok := e.found.logs[tp]
	l, open := e.logs[tp]
	if !ok || found.TopicID != id {
		e.mu.Unlock()
		return nil
	}
	if open && l == nil {
		e.mu.Unlock()
		return kafka.Errorf(kafka.KafkaStorageError, "log %s is being opened", tp)
	}
	e.logs[tp] = nil // nobody opens it meanwhile
	e.mu.Unlock()

	err := e.remove(found, l)

	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.logs, tp)
	if err == nil {
		e.found.drop(tp)
	}
	return err
}

// remove takes a log out of use and out of view. l is nil when it is not open.
func (e *Engine) remove(found log.Found, l *partitionLog) error {
	tp, root := found.TopicPartition, e.dirNamed(found.Dir)
	name := path.Join(root.path, asideName(tp, deleteMark))
	delay := defaultDeleteDelay
	if l != nil {
		delay = l.settings.Load().FileDeleteDelay
		l.retire(name)
	}
	if err := e.fs.Rename(path.Join(root.path, tp.String()), name); err != nil {
		return err
	}
	if err := e.fs.SyncDir(root.path); err != nil {
		return err
	}
	root.forget(tp)
	e.trash.add(name, delay)
	return nil
}

// retire closes a log whose directory is about to get another name. Nothing is made durable: it is deleted.
func (l *partitionLog) retire(dir string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.deleted.Store(true)
	l.closed.Store(true)
	l.flusher.stop()
	l.dir.Store(&dir)
	for _, s := range l.view.Load().segments {
		s.close()
	}
}

// trash holds files and directories that wait for their removal.
type trash struct {
	added chan struct{} // wakes whoever empties it

	mu    sync.Mutex
	items []trashItem
}

type trashItem struct {
	path string
	due  time.Time
}

func (t *trash) add(name string, delay time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.items = append(t.items, trashItem{path: name, due: time.Now().Add(delay)})
	select {
	case t.added <- struct{}{}:
	default: // it will look anyway
	}
}

// next returns when the first item is due, or a time given if that is earlier.
func (t *trash) next(other time.Time) time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, item := range t.items {
		if item.due.Before(other) {
			other = item.due
		}
	}
	return other
}

// take returns what is due, and keeps the rest.
func (t *trash) take(now time.Time) (due []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	rest := t.items[:0]
	for _, item := range t.items {
		if item.due.After(now) {
			rest = append(rest, item)
		} else {
			due = append(due, item.path)
		}
	}
	clear(t.items[len(rest):])
	t.items = rest
	return due
}

// empty removes what is due.
func (e *Engine) empty(now time.Time) {
	for _, name := range e.trash.take(now) {
		if err := e.fs.Remove(name); err != nil {
			e.logger.Warn("can't remove deleted data; the next start tries again", zap.String("path", name), zap.Error(err))
		}
	}
}

// discard takes the files of segments that left the log out of the way and removes them later. Readers that hold the
// segment go on; after a crash the next Open removes what is left.
func (l *partitionLog) discard(segments ...*segment) error {
	delay := l.settings.Load().FileDeleteDelay
	for _, s := range segments {
		s.gone.Store(true)
		if err := s.rename(deletedSuffix); err != nil {
			return err
		}
		for _, suffix := range []string{logSuffix, indexSuffix, timeIndexSuffix} {
			l.engine.trash.add(s.path(suffix), delay)
		}
		s.close()
	}
	return nil
}
