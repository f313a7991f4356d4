package partition

import (
	"slices"
	"sync"

	"github.com/jackdawmq/jackdaw/core/internal/producer"
	"github.com/jackdawmq/jackdaw/core/kafka"
)

// AbortedTxn is a transaction of which read-committed consumers drop the records from FirstOffset on.
type AbortedTxn struct {
	ProducerID  kafka.ProducerID
	FirstOffset int64
}

// abortedTxns lists the aborted transactions of a log that recovery or appends came across, by the offset of their marker.
type abortedTxns struct {
	mu   sync.RWMutex
	list []producer.CompletedTxn
}

func (a *abortedTxns) add(txn producer.CompletedTxn) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.list = append(a.list, txn)
}

// truncateStart forgets transactions that ended before the log start offset.
func (a *abortedTxns) truncateStart(start int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := 0
	for n < len(a.list) && a.list[n].LastOffset < start {
		n++
	}
	a.list = slices.Delete(a.list, 0, n)
}

// overlapping appends to dst the transactions that overlap the offsets from up to, but not including, to, by first offset
// as consumers expect them.
func (a *abortedTxns) overlapping(dst []AbortedTxn, from, to int64) []AbortedTxn {
	a.mu.RLock()
	defer a.mu.RUnlock()
	first, _ := slices.BinarySearchFunc(a.list, from, func(t producer.CompletedTxn, offset int64) int {
		return int(min(max(t.LastOffset-offset, -1), 1))
	})
	for _, t := range a.list[first:] {
		if t.FirstOffset < to {
			dst = append(dst, AbortedTxn{ProducerID: t.ProducerID, FirstOffset: t.FirstOffset})
		}
	}
	slices.SortFunc(dst, func(x, y AbortedTxn) int { return int(min(max(x.FirstOffset-y.FirstOffset, -1), 1)) })
	return dst
}
