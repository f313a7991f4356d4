package file

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
	"github.com/jackdawmq/jackdaw/core/telemetry"
	"github.com/jackdawmq/jackdaw/core/vfs"
)

// Settings is what a Controller works with.
type Settings struct {
	FS vfs.FS
	// Dir holds the journal; "" keeps everything in memory.
	Dir string
	// Configs checks the configs of topics, groups and brokers and gives the broker's defaults for new topics.
	Configs *config.Resolver
	Log     *zap.Logger
	// Health is told when the journal cannot be written; nil: nobody is.
	Health *telemetry.Health
	// Metrics is where the journal's metrics are registered; nil: nowhere.
	Metrics prometheus.Registerer
}

// Controller is the metadata of a single broker. It is safe for all goroutines.
type Controller struct {
	Settings
	image atomic.Pointer[metadata.Image]

	// mu lets one change at a time through, from its checks until the last subscriber returned. So subscribers must not
	// call a method that changes metadata.
	mu          sync.Mutex
	subscribers []func(*metadata.Image, *metadata.Delta)
	self        metadata.Registration
	state       *state   // nil until Start
	journal     *journal // nil in memory
	watch       journalWatch
	stopped     bool
}

var _ metadata.Module = (*Controller)(nil)

// New returns a Controller that does nothing before Start.
func New(s Settings) *Controller {
	c := &Controller{Settings: s, watch: newJournalWatch(s)}
	c.image.Store(&metadata.Image{ControllerID: kafka.NoNode})
	return c
}

// Image returns the newest image; before Start it is empty.
func (c *Controller) Image() *metadata.Image { return c.image.Load() }

// Subscribe registers a function to be called after every change. It must not change metadata itself: changes wait for
// it.
func (c *Controller) Subscribe(f func(image *metadata.Image, delta *metadata.Delta)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.subscribers = append(c.subscribers, f)
}

// Start loads the journal, or makes a new one, counts this start and tells subscribers everything.
func (c *Controller) Start(_ context.Context, self metadata.Registration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state != nil {
		return errors.New("metadata: started twice")
	}
	s, err := c.load(self)
	if err != nil {
		return err
	}
	c.self, c.state = self, s
	if err := c.write([]record{{kind: brokerStarted}}); err != nil {
		c.state = nil
		return errors.Join(fmt.Errorf("metadata: this start cannot be noted on the disk; see to it and start again: %w", err), c.close())
	}
	c.publish(fullImage(s, self))
	return nil
}

// Stop closes the journal; later changes answer NOT_CONTROLLER.
func (c *Controller) Stop(context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped {
		return nil
	}
	c.stopped = true
	return c.close()
}

func (c *Controller) close() error {
	if c.journal == nil {
		return nil
	}
	j := c.journal
	c.journal = nil
	return j.close()
}

func (c *Controller) load(self metadata.Registration) (*state, error) {
	if c.Dir == "" {
		return fresh(self), nil
	}
	j, data, err := openJournal(c.FS, c.Dir)
	if err != nil {
		return nil, fmt.Errorf("metadata: %w", err)
	}
	var s *state
	if data == nil {
		s = fresh(self)
		err = j.rewrite(s.snapshot())
	} else {
		s, err = c.replay(j, data)
	}
	if err == nil {
		err = belongs(s, self)
	}
	if err != nil {
		return nil, fmt.Errorf("metadata: %s: %w", filepath.Join(c.Dir, journalName), errors.Join(err, j.close()))
	}
	c.journal = j
	return s, nil
}

// fresh is the state of a new cluster. Like Kafka's it has min.insync.replicas set for all brokers (KIP-966).
func fresh(self metadata.Registration) *state {
	id := self.ClusterID
	if id == "" {
		id = kafka.NewTopicID().String() // a cluster id has the form of a topic id
	}
	s := newState(id, self.ID)
	s.offset = 1
	s.configs[metadata.Resource{Type: metadata.BrokerResource}] = map[string]string{"min.insync.replicas": "1"}
	return s
}

func (c *Controller) replay(j *journal, data []byte) (*state, error) {
	if err := checkHeader(data); err != nil {
		return nil, err
	}
	s, snapshot, end, err := replayFrames(data)
	if err != nil {
		return nil, err
	}
	j.size, j.snapshot = int64(end), int64(snapshot)
	if torn := len(data) - end; torn > 0 {
		c.Log.Warn("the last metadata change was torn by a crash and is dropped; nobody was told of it",
			zap.String("file", j.path()), zap.Int("bytes", torn))
		return s, j.truncate(int64(end))
	}
	return s, nil
}

// replayFrames builds the state that a journal holds. snapshot and end are where its first and its last whole frame end.
func replayFrames(data []byte) (s *state, snapshot, end int, err error) {
	end, err = scan(data, func(payload []byte) error {
		if s != nil {
			return s.replay(payload)
		}
		snapshot = headerSize + frameHeaderSize + len(payload)
		var err error
		s, err = readSnapshot(payload)
		return err
	})
	if err == nil && s == nil {
		err = errors.New("the snapshot at its start is damaged: restore the file from a backup")
	}
	return s, snapshot, end, err
}

// belongs refuses the metadata of another broker or cluster.
func belongs(s *state, self metadata.Registration) error {
	if s.node != self.ID {
		return fmt.Errorf("it belongs to the broker with node.id %d, and this one has %d", s.node, self.ID)
	}
	if self.ClusterID != "" && self.ClusterID != s.clusterID {
		return fmt.Errorf("it belongs to cluster %s, and the log directories to cluster %s", s.clusterID, self.ClusterID)
	}
	return nil
}

// ready returns why no change can be made now, or nil.
func (c *Controller) ready(ctx context.Context) error {
	switch {
	case c.state == nil || c.stopped:
		return kafka.Errorf(kafka.NotController, "The broker is starting or stopping.")
	case ctx.Err() != nil:
		return kafka.Errorf(kafka.RequestTimedOut, "The request timed out before the change was made.")
	}
	return nil
}

// commit makes one atomic change: durable, then visible, then known to all subscribers.
func (c *Controller) commit(records []record) error {
	if len(records) == 0 {
		return nil
	}
	if err := c.write(records); err != nil {
		return err
	}
	c.publish(nextImage(c.Image(), c.state, records))
	return nil
}

// write puts records into the journal and applies them to the state.
func (c *Controller) write(records []record) error {
	if err := c.store(records); err != nil {
		return err
	}
	for i := range records {
		if err := c.state.apply(&records[i]); err != nil {
			panic("BUG: a metadata change that was checked does not apply: " + err.Error())
		}
	}
	if c.journal != nil {
		c.watch.took(c.journal, c.shrink())
	}
	return nil
}

// store writes records to the journal, if there is one.
func (c *Controller) store(records []record) error {
	if c.journal == nil {
		return nil
	}
	payload := binary.AppendVarint(nil, c.state.offset+1)
	for i := range records {
		payload = records[i].appendTo(payload)
	}
	if err := c.journal.append(payload); err != nil {
		c.watch.refused(c.journal, err)
		return kafka.Errorf(kafka.KafkaStorageError, "The metadata journal cannot be written: %s", err)
	}
	return nil
}

// shrink writes a new snapshot when that is due. Without it the journal only goes on growing.
func (c *Controller) shrink() error {
	if !c.journal.outgrown() {
		return nil
	}
	return c.journal.rewrite(c.state.snapshot())
}

func (c *Controller) publish(image *metadata.Image, delta *metadata.Delta) {
	c.image.Store(image)
	for _, f := range c.subscribers {
		f(image, delta)
	}
}

// AllocateProducerIDs reserves producer ids, durably: no id is given out twice, whatever crashes.
func (c *Controller) AllocateProducerIDs(ctx context.Context, n int) (kafka.ProducerID, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.ready(ctx); err != nil {
		return kafka.NoProducerID, err
	}
	first := c.state.nextProducerID
	next := first + kafka.ProducerID(n)
	if n <= 0 || next < first {
		return kafka.NoProducerID, kafka.Errorf(kafka.InvalidRequest, "cannot reserve %d producer ids after %d", n, first)
	}
	if err := c.commit([]record{{kind: producerIDs, next: next}}); err != nil {
		return kafka.NoProducerID, err
	}
	return first, nil
}
