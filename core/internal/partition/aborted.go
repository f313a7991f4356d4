package partition

import (
	"cmp"
	"slices"
	"sync"

	"github.com/jackdawmq/jackdaw/core/internal/producer"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/log"
)

// AbortedTxn is a transaction of which read-committed consumers drop the records from FirstOffset on.
type AbortedTxn struct {
	ProducerID  kafka.ProducerID
	FirstOffset int64
}

// abortedTxns lists the aborted transactions of a log by the offset of their marker: those that the log had stored, and
// those that replay or appends came across.
type abortedTxns struct {
	mu   sync.RWMutex
	list []log.AbortedTxn
}

// load replaces the list.
func (a *abortedTxns) load(list []log.AbortedTxn) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.list = slices.Clone(list)
}

func (a *abortedTxns) add(txn producer.CompletedTxn) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.list = append(a.list, log.AbortedTxn{
		ProducerID: txn.ProducerID, FirstOffset: txn.FirstOffset, LastOffset: txn.LastOffset, LastStableOffset: txn.LastStableOffset,
	})
}

// from returns the index of the first transaction that ended at or after an offset. The caller holds mu.
func (a *abortedTxns) from(offset int64) int {
	i, _ := slices.BinarySearchFunc(a.list, offset, func(t log.AbortedTxn, offset int64) int {
		return cmp.Compare(t.LastOffset, offset)
	})
	return i
}

// ended returns the transactions whose markers lie at or above an offset and below another one.
func (a *abortedTxns) ended(from, to int64) []log.AbortedTxn {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return slices.Clone(a.list[a.from(from):a.from(to)])
}

// forget drops the transactions with these markers.
func (a *abortedTxns) forget(markers []int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, offset := range markers {
		if i := a.from(offset); i < len(a.list) && a.list[i].LastOffset == offset {
			a.list = slices.Delete(a.list, i, i+1)
		}
	}
}

// truncateStart forgets transactions that ended before the log start offset.
func (a *abortedTxns) truncateStart(start int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.list = slices.Delete(a.list, 0, a.from(start))
}

// overlapping appends to dst the transactions that overlap the offsets from up to, but not including, to, by first offset
// as consumers expect them.
func (a *abortedTxns) overlapping(dst []AbortedTxn, from, to int64) []AbortedTxn {
	a.mu.RLock()
	defer a.mu.RUnlock()
	for _, t := range a.list[a.from(from):] {
		if t.FirstOffset < to {
			dst = append(dst, AbortedTxn{ProducerID: t.ProducerID, FirstOffset: t.FirstOffset})
		}
		if t.LastStableOffset >= to {
			break // whatever ended later begins there
		}
	}
	slices.SortFunc(dst, func(x, y AbortedTxn) int { return cmp.Compare(x.FirstOffset, y.FirstOffset) })
	return dst
}
