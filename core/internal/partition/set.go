package partition

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/metadata"
	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/core/replication"
)

// Settings are what the partitions of a broker share.
type Settings struct {
	Self       kafka.NodeID
	Engine     log.Engine
	Replicator replication.Replicator
	Configs    *config.Resolver
	Log        *zap.Logger
	// ProducerExpiry is how long the state of an idle producer is kept (producer.id.expiration.ms).
	ProducerExpiry time.Duration
	// ProducerExpiryCheck is how often idle producers are looked for (producer.id.expiration.check.interval.ms); zero:
	// never.
	ProducerExpiryCheck time.Duration
	// OpenParallel is how many logs are opened or closed at the same time.
	OpenParallel int
	// Topics is asked to create dead letter topics; nil: they are not created.
	Topics TopicCreator
	// Metrics is where counters are registered; nil: nowhere.
	Metrics prometheus.Registerer
}

// Set holds the partitions of a broker. Look-ups take no lock and allocate nothing.
type Set struct {
	Settings
	// Traffic counts what goes in and out.
	Traffic *Traffic

	index atomic.Pointer[index]

	mu      sync.Mutex // lets one change of metadata in at a time
	image   *metadata.Image
	started bool

	decompressing chan struct{} // a token for each goroutine that validates compressed records
	largeJudged   chan struct{} // places for large records in a plugin chain: slow plugins keep none of the others

	ctx    context.Context // ends when Stop is called
	cancel context.CancelFunc
	tasks  sync.WaitGroup
	saves  saveQueue
}

// index finds topics. It is immutable.
type index struct {
	names map[string]*Topic
	ids   map[kafka.TopicID]*Topic
}

// Topic is a topic of which this broker may hold partitions. It is immutable, but for its configs.
type Topic struct {
	Name     string
	ID       kafka.TopicID
	Internal bool // clients must not write to it

	config *atomic.Pointer[config.Topic]
	chain  *atomic.Pointer[plugin.Chain] // nil while the topic's configs name no plugin
	// judging has a token for each goroutine that has records in the chain: a slow plugin holds up its own topic only.
	judging    chan struct{}
	partitions []*Partition // nil where this broker holds no replica
}

// New returns an empty set.
func New(s Settings) *Set {
	set := &Set{
		Settings: s, Traffic: newTraffic(s.Metrics), decompressing: make(chan struct{}, runtime.GOMAXPROCS(0)),
		largeJudged: make(chan struct{}, largeJudgedBatches),
	}
	set.index.Store(&index{})
	set.saves.wake = make(chan struct{}, 1)
	set.gauges()
	set.ctx, set.cancel = context.WithCancel(context.Background())
	return set
}

// Topic finds a topic by name as it stands in a request, or returns nil.
func (s *Set) Topic(name []byte) *Topic { return s.index.Load().names[string(name)] }

// TopicNamed finds a topic by name, or returns nil.
func (s *Set) TopicNamed(name string) *Topic { return s.index.Load().names[name] }

// TopicByID finds a topic by id, or returns nil.
func (s *Set) TopicByID(id kafka.TopicID) *Topic { return s.index.Load().ids[id] }

// Lookup finds a partition by name. Errors are those of Topic.Partition.
func (s *Set) Lookup(tp kafka.TopicPartition) (*Partition, error) {
	return s.index.Load().names[tp.Topic].Partition(tp.Partition)
}

// Each calls f for every partition that this broker holds, until f returns false.
func (s *Set) Each(f func(*Partition) bool) {
	for _, t := range s.index.Load().names {
		for _, p := range t.partitions {
			if p != nil && !f(p) {
				return
			}
		}
	}
}

// Partition finds a partition of the topic; t may be nil. It returns UNKNOWN_TOPIC_OR_PARTITION when there is no such
// partition and NOT_LEADER_OR_FOLLOWER when this broker holds no replica of it.
func (t *Topic) Partition(i int32) (*Partition, error) {
	switch {
	case t == nil || i < 0 || int(i) >= len(t.partitions):
		return nil, kafka.UnknownTopicOrPartition
	case t.partitions[i] == nil:
		return nil, kafka.NotLeaderOrFollower
	}
	return t.partitions[i], nil
}
