package partition

import (
	"sync"

	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/log"
)

// restoreEpochs loads the side file of leader epochs, cuts it to the log and adds the epochs that recovery replayed.
func (p *Partition) restoreEpochs(l log.Log, replayed []epochEntry, status log.Status) {
	data, err := l.LoadEpochs()
	var entries []epochEntry
	if err == nil {
		entries, err = decodeEpochs(data)
	}
	if err != nil {
		p.logger().Warn("leader epochs are unreadable; rebuilt from the log", zap.Error(err))
	}
	p.epochs.load(entries)
	p.epochs.truncateEnd(status.EndOffset)
	for _, x := range replayed {
		if x.epoch > p.epochs.latest() {
			p.epochs.assign(x.epoch, x.start)
			p.epochs.unsaved.Store(true)
		}
	}
	p.epochs.truncateStart(status.StartOffset)
}

// wroteEpoch notes that the log got a batch of an epoch. The caller holds mu.
func (p *Partition) wroteEpoch(epoch kafka.LeaderEpoch) {
	if epoch == p.epochs.written {
		return
	}
	p.epochs.written = epoch
	p.epochs.unsaved.Store(true)
	p.set.saves.add(p)
}

// saveEpochs writes the leader epochs to their side file unless they are there.
func (p *Partition) saveEpochs() error {
	p.epochs.saving.Lock()
	defer p.epochs.saving.Unlock()
	if p.Deleted() || p.failed.Load() || !p.epochs.unsaved.CompareAndSwap(true, false) {
		return nil
	}
	err := p.log.SaveEpochs(p.epochs.encode())
	if err != nil {
		p.epochs.unsaved.Store(true)
	}
	return err
}

// endSaves waits until the side file of a deleted partition is not being written. It will not be written again.
func (p *Partition) endSaves() {
	p.epochs.saving.Lock()
	defer p.epochs.saving.Unlock()
}

// saveQueue holds the partitions whose leader epochs are to be saved.
type saveQueue struct {
	mu   sync.Mutex
	list []*Partition
	wake chan struct{} // holds one token
}

func (q *saveQueue) add(p *Partition) {
	q.mu.Lock()
	q.list = append(q.list, p)
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

func (q *saveQueue) take() []*Partition {
	q.mu.Lock()
	defer q.mu.Unlock()
	list := q.list
	q.list = nil
	return list
}

// saveEpochs saves leader epochs until Stop; closing a partition saves what is left.
func (s *Set) saveEpochs() {
	for {
		select {
		case <-s.saves.wake:
		case <-s.ctx.Done():
			return
		}
		for _, p := range s.saves.take() {
			if s.ctx.Err() != nil {
				return
			}
			if err := p.saveEpochs(); err != nil {
				p.logger().Warn("leader epochs could not be saved", zap.Error(err))
			}
		}
	}
}
