package partition

import (
	"maps"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
	"github.com/jackdawmq/jackdaw/core/plugin"
)

// change collects what one change of metadata asks for. Logs are opened before the new index is published, and deleted
// after.
type change struct {
	index   *index
	opened  []*Partition
	removed []*Partition
	dropped []*Topic
	// follow lists what to tell partitions once the new index is there.
	follow []following
}

type following struct {
	p     *Partition
	state *metadata.Partition
}

// MetadataChanged takes over a change of metadata: it opens the logs of new partitions, resigns and deletes those of
// deleted topics, and hands on leaders and configs. It returns when all that is done. It is the function that subscribes
// to metadata; before Start it only remembers the image.
func (s *Set) MetadataChanged(image *metadata.Image, delta *metadata.Delta) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.image = image
	if s.started {
		s.apply(delta, nil)
	}
}

// apply carries a delta out. The caller holds mu.
func (s *Set) apply(delta *metadata.Delta, progress func(opened, total int)) {
	old := s.index.Load()
	c := &change{index: old}
	if len(delta.Deleted) > 0 || len(delta.Topics) > 0 {
		c.index = &index{names: maps.Clone(old.names), ids: maps.Clone(old.ids)}
		if c.index.names == nil {
			c.index.names, c.index.ids = map[string]*Topic{}, map[kafka.TopicID]*Topic{}
		}
	}
	for _, t := range delta.Deleted {
		s.dropTopic(c, t.ID)
	}
	for _, t := range delta.Topics {
		s.updateTopic(c, t)
	}
	s.parallel(len(c.opened), progress, func(i int) { s.open(c.opened[i]) })
	s.index.Store(c.index)
	for _, f := range c.follow {
		f.p.follow(f.state)
	}
	s.configure(delta.Configs)
	s.parallel(len(c.removed), nil, func(i int) { s.remove(c.removed[i]) })
	for _, t := range c.dropped {
		t.swapChain(nil)
	}
}

func (s *Set) dropTopic(c *change, id kafka.TopicID) {
	t := c.index.ids[id]
	if t == nil {
		return
	}
	delete(c.index.ids, id)
	if c.index.names[t.Name] == t {
		delete(c.index.names, t.Name)
	}
	c.dropped = append(c.dropped, t)
	for _, p := range t.partitions {
		if p != nil {
			c.removed = append(c.removed, p)
		}
	}
}

// updateTopic takes over a topic that is new or changed.
func (s *Set) updateTopic(c *change, t *metadata.Topic) {
	old := c.index.names[t.Name]
	if old != nil && old.ID != t.ID { // created again under the same name
		s.dropTopic(c, old.ID)
		old = nil
	}
	topic := &Topic{Name: t.Name, ID: t.ID, Internal: kafka.IsInternal(t.Name), partitions: make([]*Partition, len(t.Partitions))}
	if old != nil {
		topic.config, topic.chain, topic.judging = old.config, old.chain, old.judging
		copy(topic.partitions, old.partitions)
	} else {
		topic.config, topic.chain = &atomic.Pointer[config.Topic]{}, &atomic.Pointer[plugin.Chain]{}
		topic.config.Store(s.Configs.Topic(s.image, t.Name))
		topic.judging = make(chan struct{}, judgedPerProcessor*runtime.GOMAXPROCS(0))
		topic.requireChain()
	}
	for i := range t.Partitions {
		s.updatePartition(c, topic, int32(i), &t.Partitions[i])
	}
	c.index.names[t.Name], c.index.ids[t.ID] = topic, topic
}

func (s *Set) updatePartition(c *change, t *Topic, i int32, state *metadata.Partition) {
	p := t.partitions[i]
	switch mine := slices.Contains(state.Replicas, s.Self); {
	case !mine && p != nil: // reassigned to other brokers
		t.partitions[i] = nil
		c.removed = append(c.removed, p)
		return
	case !mine:
		return
	case p == nil:
		p = newPartition(s, t, i)
		t.partitions[i] = p
		c.opened = append(c.opened, p)
	}
	c.follow = append(c.follow, following{p, state})
}

// open opens the log of a partition. One that can't be opened stays, and answers KAFKA_STORAGE_ERROR.
func (s *Set) open(p *Partition) {
	if err := p.open(s.ctx); err != nil {
		p.failed.Store(true)
		p.logger().Error("the log can't be opened; the partition is offline until the broker restarts", zap.Error(err))
	}
}

// remove ends a partition and deletes its log. Requests that came before finish first.
func (s *Set) remove(p *Partition) {
	p.resign(nil)
	p.endSaves()
	if err := s.Engine.Delete(s.ctx, p.tp, p.id); err != nil {
		p.logger().Error("the log of a deleted partition can't be removed", zap.Error(err))
	}
}

// configure hands changed topic configs to their topics. A change of the broker's own configs can change the defaults of
// any topic.
func (s *Set) configure(changed []metadata.Resource) {
	all := slices.ContainsFunc(changed, func(r metadata.Resource) bool { return r.Type == metadata.BrokerResource })
	names := s.index.Load().names
	if all {
		for _, t := range names {
			s.configureTopic(t)
		}
		return
	}
	for _, r := range changed {
		if t := names[r.Name]; r.Type == metadata.TopicResource && t != nil {
			s.configureTopic(t)
		}
	}
}

func (s *Set) configureTopic(t *Topic) {
	settings := s.Configs.Topic(s.image, t.Name)
	if *settings == *t.config.Load() {
		return // also that of a topic that is new with this change
	}
	t.config.Store(settings)
	t.requireChain()
	for _, p := range t.partitions {
		if p != nil {
			p.configure(settings)
		}
	}
}

// parallel calls f for 0 to n-1, OpenParallel at a time, and waits for all. Progress may be nil; it is called by one
// goroutine at a time.
func (s *Set) parallel(n int, progress func(done, total int), f func(i int)) {
	var next, done atomic.Int64
	var mu sync.Mutex
	work := func() {
		for {
			i := int(next.Add(1)) - 1
			if i >= n {
				return
			}
			f(i)
			if progress != nil {
				mu.Lock()
				progress(int(done.Add(1)), n)
				mu.Unlock()
			}
		}
	}
	if n == 1 {
		work()
		return
	}
	var wg sync.WaitGroup
	for range min(n, max(1, s.OpenParallel)) {
		wg.Go(work)
	}
	wg.Wait()
}
