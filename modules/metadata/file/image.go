package file

import (
	"maps"
	"slices"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
)

// fullImage builds the image of a state from nothing, with everything in the delta.
func fullImage(s *state, self metadata.Registration) (*metadata.Image, *metadata.Delta) {
	image := &metadata.Image{
		ClusterID:    s.clusterID,
		Offset:       s.offset,
		ControllerID: self.ID,
		Brokers: map[kafka.NodeID]*metadata.Broker{self.ID: {
			ID: self.ID, Epoch: s.offset, Rack: self.Rack, Endpoints: self.Endpoints,
		}},
		Topics:   make(map[string]*metadata.Topic, len(s.topics)),
		TopicIDs: make(map[kafka.TopicID]*metadata.Topic, len(s.topics)),
		Configs:  make(map[metadata.Resource]map[string]string, len(s.configs)),
		Plugins:  maps.Clone(s.plugins),
		Features: map[string]int16{},
	}
	delta := &metadata.Delta{Brokers: true, Plugins: slices.Sorted(maps.Keys(s.plugins))}
	for _, name := range slices.Sorted(maps.Keys(s.names)) {
		id := s.names[name]
		shown := s.topics[id].image(s.node, s.starts)
		image.Topics[name], image.TopicIDs[id] = shown, shown
		delta.Topics = append(delta.Topics, shown)
	}
	for _, res := range slices.SortedFunc(maps.Keys(s.configs), compareResources) {
		image.Configs[res] = maps.Clone(s.configs[res])
		delta.Configs = append(delta.Configs, res)
	}
	return image, delta
}

// nextImage derives an image from the one before: what the records did not touch is shared. Each of its maps is copied
// once at most, whatever the number of records. The delta is in the order of the records.
func nextImage(prev *metadata.Image, s *state, records []record) (*metadata.Image, *metadata.Delta) {
	image, delta := *prev, &metadata.Delta{}
	image.Offset = s.offset
	var topics ordered[kafka.TopicID]
	var configs ordered[metadata.Resource]
	var plugins ordered[string]
	for i := range records {
		switch r := &records[i]; r.kind {
		case createTopic, addPartitions:
			topics.add(r.id)
		case removeTopic:
			topics.add(r.id)
			if was := prev.TopicIDs[r.id]; was != nil && prev.TopicConfigs(was.Name) != nil {
				configs.add(topicResource(was.Name))
			}
		case setConfig, removeConfig:
			configs.add(r.resource)
		case deployPlugin, removePlugin:
			plugins.add(r.plugin.Ref())
		case producerIDs, brokerStarted:
		}
	}
	changeTopics(&image, delta, s, topics.list)
	changeConfigs(&image, s, configs.list)
	delta.Configs = configs.list
	if delta.Plugins = plugins.list; len(delta.Plugins) > 0 {
		image.Plugins = maps.Clone(s.plugins)
	}
	return &image, delta
}

func changeTopics(image *metadata.Image, delta *metadata.Delta, s *state, changed []kafka.TopicID) {
	if len(changed) == 0 {
		return
	}
	image.Topics, image.TopicIDs = maps.Clone(image.Topics), maps.Clone(image.TopicIDs)
	for _, id := range changed {
		if s.topics[id] == nil {
			was := image.TopicIDs[id]
			delete(image.Topics, was.Name)
			delete(image.TopicIDs, id)
			delta.Deleted = append(delta.Deleted, was)
			continue
		}
		shown := s.topics[id].image(s.node, s.starts)
		image.Topics[shown.Name], image.TopicIDs[id] = shown, shown
		delta.Topics = append(delta.Topics, shown)
	}
}

func changeConfigs(image *metadata.Image, s *state, changed []metadata.Resource) {
	if len(changed) == 0 {
		return
	}
	image.Configs = maps.Clone(image.Configs)
	for _, res := range changed {
		if now := s.configs[res]; len(now) > 0 {
			image.Configs[res] = maps.Clone(now)
		} else {
			delete(image.Configs, res)
		}
	}
}

// ordered is a set that remembers the order of its elements.
type ordered[T comparable] struct {
	list []T
	seen map[T]bool
}

func (o *ordered[T]) add(v T) {
	if o.seen[v] {
		return
	}
	if o.seen == nil {
		o.seen = map[T]bool{}
	}
	o.seen[v] = true
	o.list = append(o.list, v)
}
