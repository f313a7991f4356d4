package partition

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/core/internal/purgatory"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/metadata"
	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/core/record"
	"github.com/jackdawmq/jackdaw/core/replication"
)

// Partition is one replica that this broker holds. All its methods may be called by any goroutine.
type Partition struct {
	tp     kafka.TopicPartition
	id     kafka.TopicID
	set    *Set
	config *atomic.Pointer[config.Topic] // the topic's
	chain  *atomic.Pointer[plugin.Chain] // the topic's
	turns  chan struct{}                 // the topic's judging
	rules  atomic.Pointer[record.ValidateOptions]
	log    log.Log // nil when it could not be opened

	role     atomic.Pointer[role] // nil once the partition is deleted
	failed   atomic.Bool          // the storage failed; only a restart mends it
	progress progress
	epochs   leaderEpochs
	watchers purgatory.Queue // woken whenever something that a waiting request looks at has changed

	mu sync.Mutex // lets one goroutine append, truncate or move the log start
}

// newPartition returns a partition whose log is not open yet and that nobody leads.
func newPartition(s *Set, t *Topic, i int32) *Partition {
	tp := kafka.TopicPartition{Topic: t.Name, Partition: i}
	p := &Partition{tp: tp, id: t.ID, set: s, config: t.config, chain: t.chain, turns: t.judging}
	p.rules.Store(s.rulesOf(tp, t.config.Load()))
	p.role.Store(&role{leader: kafka.NoNode, epoch: kafka.NoEpoch})
	return p
}

// logger returns a logger that names the partition. Thousands of idle partitions need not keep one each.
func (p *Partition) logger() *zap.Logger { return p.set.Log.With(zap.Stringer("partition", p.tp)) }

// configure takes over changed topic configs.
func (p *Partition) configure(c *config.Topic) {
	p.rules.Store(p.set.rulesOf(p.tp, c))
	if p.log != nil {
		p.log.Configure(c.Log)
	}
}

// role is what metadata says of a partition. It is immutable.
type role struct {
	leader   kafka.NodeID
	leading  bool
	epoch    kafka.LeaderEpoch
	start    int64 // log end offset when this broker became leader in this epoch
	replicas int
}

// TopicPartition returns the partition's name.
func (p *Partition) TopicPartition() kafka.TopicPartition { return p.tp }

// Deleted reports whether the topic was deleted: whoever kept the Partition must look it up again.
func (p *Partition) Deleted() bool { return p.role.Load() == nil }

// Offline reports whether the storage of this replica failed, or its log could not be opened: only a restart of the broker
// brings it back.
func (p *Partition) Offline() bool { return p.failed.Load() }

// Watch makes w wake whenever the high watermark, the last stable offset, the log start or the leader of the partition
// changes, and when it is deleted.
func (p *Partition) Watch(w *purgatory.Waiter) { w.Watch(&p.watchers) }

// Config returns the topic configs in force.
func (p *Partition) Config() *config.Topic { return p.config.Load() }

// LogStartOffset returns the first offset that clients may read.
func (p *Partition) LogStartOffset() int64 { return p.progress.start.Load() }

// LogEndOffset returns the offset that the next record gets.
func (p *Partition) LogEndOffset() int64 { return p.progress.end.Load() }

// HighWatermark returns the first offset that is not yet replicated as acks=all asks for.
func (p *Partition) HighWatermark() int64 { return p.progress.high.Load() }

// LastStableOffset returns the first offset that read-committed consumers may not see yet.
func (p *Partition) LastStableOffset() int64 { return p.progress.stableEnd.Load() }

// LogStatus returns the sizes of the log, for DescribeLogDirs. It is zero when the log could not be opened.
func (p *Partition) LogStatus() log.Status {
	if p.log == nil {
		return log.Status{}
	}
	return p.log.Status()
}

// leading returns the role of a partition that this broker leads and can serve, or why it cannot.
func (p *Partition) leading() (*role, error) {
	r := p.role.Load()
	switch {
	case r == nil:
		return nil, kafka.UnknownTopicOrPartition
	case !r.leading:
		return nil, kafka.NotLeaderOrFollower
	case p.log == nil || p.failed.Load():
		return nil, kafka.KafkaStorageError
	}
	return r, nil
}

// checkEpoch compares the leader epoch that a client believes in with the current one (KIP-320). Negative ones are not
// checked.
func (r *role) checkEpoch(current kafka.LeaderEpoch) error {
	switch {
	case current < 0 || current == r.epoch:
		return nil
	case current < r.epoch:
		return kafka.FencedLeaderEpoch
	default:
		return kafka.UnknownLeaderEpoch
	}
}

func (p *Partition) replicationLeader(r *role) replication.Leader {
	return replication.Leader{TopicPartition: p.tp, Epoch: r.epoch}
}

// open opens the log and brings epochs and offsets up. An error leaves a partition that answers KAFKA_STORAGE_ERROR.
func (p *Partition) open(ctx context.Context) error {
	host := &host{p: p}
	// Set.Start opens what is older than this start.
	spec := log.Spec{TopicPartition: p.tp, TopicID: p.id, Settings: p.Config().Log, Existing: !p.set.started}
	l, err := p.set.Engine.Open(ctx, spec, host)
	if err != nil {
		return err
	}
	status := l.Status()
	p.restoreEpochs(l, host.replayed, status)
	p.log = l
	p.progress.opened(status)
	p.expireProducers(time.Now())
	return nil
}

// follow takes over what metadata says of the partition.
func (p *Partition) follow(state *metadata.Partition) {
	p.mu.Lock()
	old := p.role.Load()
	r := &role{
		leader: state.Leader, leading: state.Leader == p.set.Self, epoch: state.LeaderEpoch, replicas: len(state.Replicas),
	}
	switch {
	case old != nil && old.leading && r.leading && old.epoch == r.epoch:
		r.start = old.start
	case r.leading:
		r.start = p.progress.end.Load()
		if p.log != nil {
			p.epochs.assign(r.epoch, r.start)
		}
	}
	p.role.Store(r)
	p.mu.Unlock()
	p.advance()
	p.watchers.Wake()
}

// resign ends the partition's service. Whoever waits is woken, looks at the role again and answers an error. With a nil
// role the topic was deleted.
func (p *Partition) resign(r *role) {
	p.mu.Lock()
	p.role.Store(r)
	p.mu.Unlock()
	p.watchers.Wake()
}

// close makes the log durable and closes it; the partition has resigned.
func (p *Partition) close(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.log == nil {
		return nil
	}
	return errors.Join(p.saveEpochs(), p.log.Close(ctx))
}
