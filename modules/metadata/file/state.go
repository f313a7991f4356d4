package file

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
)

// epochsPerStart is how much leader epochs rise with each start: a single Apache Kafka node first loses its leaders, then
// elects them again.
const epochsPerStart = 2

// state is all that the journal says, in a form that records change in place.
type state struct {
	clusterID      string
	node           kafka.NodeID
	offset         int64 // of the last record
	starts         int32 // how often the broker started
	nextProducerID kafka.ProducerID
	topics         map[kafka.TopicID]*topic
	names          map[string]kafka.TopicID
	collisions     map[string]string // kafka.CollisionKey of each topic's name, to the name
	configs        map[metadata.Resource]map[string]string
	plugins        map[string]*metadata.Plugin // by name@version; what they point to is never changed
}

// topic is one topic. Partitions that were added at different times have different leader epochs.
type topic struct {
	id         kafka.TopicID
	name       string
	partitions int32
	runs       []run
}

// run is a number of partitions that were added in the same start of the broker. Starts below 0 are those of topics whose
// logs were adopted with leader epochs of their own.
type run struct{ count, start int32 }

func newState(clusterID string, node kafka.NodeID) *state {
	return &state{
		clusterID:  clusterID,
		node:       node,
		topics:     map[kafka.TopicID]*topic{},
		names:      map[string]kafka.TopicID{},
		collisions: map[string]string{},
		configs:    map[metadata.Resource]map[string]string{},
		plugins:    map[string]*metadata.Plugin{},
	}
}

// maxPartitions bounds what a damaged record can make us allocate. It is far above what one broker can serve.
const maxPartitions = 1 << 20

// apply changes the state by one record. An error means that the record cannot follow what came before.
func (s *state) apply(r *record) error {
	var err error
	switch r.kind {
	case createTopic:
		err = s.createTopic(r.id, r.name)
	case removeTopic:
		err = s.removeTopic(r.id)
	case addPartitions:
		err = s.addPartitions(r.id, run{r.count, r.start})
	case setConfig:
		s.setConfig(r.resource, r.key, r.value)
	case removeConfig:
		s.removeConfig(r.resource, r.key)
	case producerIDs:
		if r.next < s.nextProducerID {
			err = fmt.Errorf("producer ids go back from %d to %d", s.nextProducerID, r.next)
			break
		}
		s.nextProducerID = r.next
	case brokerStarted:
		s.starts++
	case deployPlugin:
		err = s.deployPlugin(r.plugin)
	case removePlugin:
		err = s.removePlugin(r.plugin.Ref())
	}
	if err == nil {
		s.offset++
	}
	return err
}

func (s *state) createTopic(id kafka.TopicID, name string) error {
	if _, ok := s.names[name]; ok || s.topics[id] != nil || name == "" {
		return fmt.Errorf("topic %q with id %s exists", name, id)
	}
	s.topics[id] = &topic{id: id, name: name}
	s.names[name] = id
	s.collisions[kafka.CollisionKey(name)] = name
	return nil
}

func (s *state) removeTopic(id kafka.TopicID) error {
	t := s.topics[id]
	if t == nil {
		return fmt.Errorf("no topic with id %s", id)
	}
	delete(s.topics, id)
	delete(s.names, t.name)
	delete(s.collisions, kafka.CollisionKey(t.name))
	delete(s.configs, topicResource(t.name))
	return nil
}

func (s *state) addPartitions(id kafka.TopicID, added run) error {
	t := s.topics[id]
	if t == nil || added.count <= 0 || added.count > maxPartitions-t.partitions || added.start > s.starts {
		return fmt.Errorf("%d partitions of start %d for topic id %s", added.count, added.start, id)
	}
	t.partitions += added.count
	t.runs = append(t.runs, added)
	return nil
}

func (s *state) setConfig(res metadata.Resource, key, value string) {
	configs := s.configs[res]
	if configs == nil {
		configs = map[string]string{}
		s.configs[res] = configs
	}
	configs[key] = value
}

func (s *state) removeConfig(res metadata.Resource, key string) {
	delete(s.configs[res], key)
	if len(s.configs[res]) == 0 {
		delete(s.configs, res)
	}
}

func (s *state) deployPlugin(p metadata.Plugin) error {
	if p.Name == "" || p.Version == "" || p.Size < 0 || s.plugins[p.Ref()] != nil {
		return fmt.Errorf("plugin %q is deployed twice, or has no name or no size", p.Ref())
	}
	s.plugins[p.Ref()] = &p
	return nil
}

func (s *state) removePlugin(ref string) error {
	if s.plugins[ref] == nil {
		return fmt.Errorf("no plugin %q", ref)
	}
	delete(s.plugins, ref)
	return nil
}

func compareResources(a, b metadata.Resource) int {
	return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Name, b.Name))
}

func topicResource(name string) metadata.Resource {
	return metadata.Resource{Type: metadata.TopicResource, Name: name}
}

// image returns a topic as images show it. Its slices are its own.
func (t *topic) image(node kafka.NodeID, starts int32) *metadata.Topic {
	replicas := []kafka.NodeID{node}
	out := &metadata.Topic{Name: t.name, ID: t.id, Partitions: make([]metadata.Partition, 0, t.partitions)}
	for _, r := range t.runs {
		epoch := epochsPerStart * (starts - r.start)
		for range r.count {
			out.Partitions = append(out.Partitions, metadata.Partition{
				Replicas: replicas, ISR: replicas, Leader: node,
				LeaderEpoch: kafka.LeaderEpoch(epoch), PartitionEpoch: epoch,
			})
		}
	}
	return out
}

// snapshot returns the payload of a first frame: the whole state, in a stable order.
func (s *state) snapshot() []byte {
	b := appendString(nil, s.clusterID)
	b = binary.AppendVarint(b, int64(s.node))
	b = binary.AppendVarint(b, s.offset)
	b = binary.AppendVarint(b, int64(s.starts))
	b = binary.AppendVarint(b, int64(s.nextProducerID))
	for _, name := range slices.Sorted(maps.Keys(s.names)) {
		t := s.topics[s.names[name]]
		b = (&record{kind: createTopic, id: t.id, name: name}).appendTo(b)
		for _, r := range t.runs {
			b = (&record{kind: addPartitions, id: t.id, count: r.count, start: r.start}).appendTo(b)
		}
	}
	for _, res := range slices.SortedFunc(maps.Keys(s.configs), compareResources) {
		for _, key := range slices.Sorted(maps.Keys(s.configs[res])) {
			b = (&record{kind: setConfig, resource: res, key: key, value: s.configs[res][key]}).appendTo(b)
		}
	}
	for _, ref := range slices.Sorted(maps.Keys(s.plugins)) {
		b = (&record{kind: deployPlugin, plugin: *s.plugins[ref]}).appendTo(b)
	}
	return b
}

// readSnapshot builds the state that a first frame holds.
func readSnapshot(payload []byte) (*state, error) {
	d := &decoder{b: payload}
	s := newState(d.string(), kafka.NodeID(d.int32()))
	offset := d.varint()
	s.starts = d.int32()
	s.nextProducerID = kafka.ProducerID(d.varint())
	if d.err == nil && (offset < 0 || s.starts < 0 || s.nextProducerID < 0 || s.node < 0) {
		d.fail()
	}
	for !d.done() {
		if err := s.applyNext(d); err != nil {
			return nil, err
		}
	}
	s.offset = offset
	return s, d.err
}

// replay applies the records of a later frame.
func (s *state) replay(payload []byte) error {
	d := &decoder{b: payload}
	if at := d.varint(); d.err == nil && at != s.offset+1 {
		return fmt.Errorf("change at offset %d follows offset %d", at, s.offset)
	}
	for !d.done() {
		if err := s.applyNext(d); err != nil {
			return err
		}
	}
	return d.err
}

func (s *state) applyNext(d *decoder) error {
	r := d.record()
	if d.err != nil {
		return d.err
	}
	return s.apply(&r)
}
