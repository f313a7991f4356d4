package partition

import (
	"time"

	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/internal/producer"
	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/record"
)

// host is what the log sees of its partition.
type host struct {
	p        *Partition
	replayed []epochEntry // leader epochs that recovery came across
}

var _ log.Host = (*host)(nil)

// Restore loads the producer state.
func (h *host) Restore(snapshot []byte, aborted []log.AbortedTxn, _ int64) error {
	h.p.progress.aborted.load(aborted)
	return h.p.progress.producers.Restore(snapshot)
}

// Replay brings the producer state and the leader epochs up to a recovered batch.
func (h *host) Replay(header *record.Header, batch []byte) error {
	if n := len(h.replayed); n == 0 || h.replayed[n-1].epoch < header.LeaderEpoch {
		h.replayed = append(h.replayed, epochEntry{header.LeaderEpoch, header.BaseOffset})
	}
	h.p.takeOver(header, batch)
	return nil
}

// Snapshot returns the producer state. The log calls it from within Append and Close.
func (h *host) Snapshot() []byte {
	g := &h.p.progress
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.producers.Snapshot()
}

// Aborted returns the aborted transactions that ended in a range of offsets.
func (h *host) Aborted(from, to int64) []log.AbortedTxn { return h.p.progress.aborted.ended(from, to) }

// Forget forgets aborted transactions that compaction left nothing of.
func (h *host) Forget(markers []int64) { h.p.progress.aborted.forget(markers) }

// Bounds limits retention and compaction.
func (h *host) Bounds() log.Bounds {
	return log.Bounds{
		HighWatermark: h.p.progress.high.Load(),
		FirstUnstable: h.p.progress.stableEnd.Load(),
		Needed:        h.p.needed,
		ProducerState: h.p.producerState,
	}
}

// Stable moves the high watermark. It may be called from within Append, with mu of the partition held.
func (h *host) Stable(offset int64) {
	if raise(&h.p.progress.durable, offset) {
		h.p.advance()
	}
}

// StartMoved takes over the log start offset that retention moved.
func (h *host) StartMoved(offset int64) { h.p.startMoved(offset) }

// Failed takes the partition offline.
func (h *host) Failed(err error) {
	if h.p.failed.CompareAndSwap(false, true) {
		h.p.logger().Error("the log's storage failed; the partition is offline until the broker restarts", zap.Error(err))
		h.p.watchers.Wake()
	}
}

// needed tells compaction whether a producer needs a batch.
func (p *Partition) needed(h *record.Header) bool {
	p.progress.mu.Lock()
	defer p.progress.mu.Unlock()
	return p.progress.producers.Needed(h)
}

// producerState returns the producer state and the log end offset that it belongs to.
func (p *Partition) producerState() (snapshot []byte, end int64) {
	p.progress.mu.Lock()
	defer p.progress.mu.Unlock()
	return p.progress.producers.Snapshot(), p.progress.end.Load()
}

// Producers lists the producers that the partition knows, by id.
func (p *Partition) Producers() ([]producer.Producer, error) {
	if _, err := p.leading(); err != nil {
		return nil, err
	}
	p.progress.mu.Lock()
	defer p.progress.mu.Unlock()
	return p.progress.producers.Producers(), nil
}

// expireProducers forgets producers that were idle for too long.
func (p *Partition) expireProducers(now time.Time) {
	p.progress.mu.Lock()
	defer p.progress.mu.Unlock()
	p.progress.producers.Expire(now.UnixMilli(), p.set.ProducerExpiry.Milliseconds())
}
