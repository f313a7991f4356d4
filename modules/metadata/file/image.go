package file

import (
	"maps"

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
		Features: map[string]int16{},
	}
	delta := &metadata.Delta{Brokers: true}
	for id, t := range s.topics {
		shown := t.image(s.node, s.starts)
		image.Topics[t.name], image.TopicIDs[id] = shown, shown
		delta.Topics = append(delta.Topics, shown)
	}
	for res, configs := range s.configs {
		image.Configs[res] = maps.Clone(configs)
		delta.Configs = append(delta.Configs, res)
	}
	return image, delta
}

// nextImage derives an image from the one before: what the records did not touch is shared. Each of its maps is copied
// once at most, whatever the number of records.
func nextImage(prev *metadata.Image, s *state, records []record) (*metadata.Image, *metadata.Delta) {
	image, delta := *prev, &metadata.Delta{}
	image.Offset = s.offset
	changed := map[kafka.TopicID]bool{}
	configs := map[metadata.Resource]bool{}
	for i := range records {
		switch r := &records[i]; r.kind {
		case createTopic, addPartitions, removeTopic:
			changed[r.id] = true
		case setConfig, removeConfig:
			configs[r.resource] = true
		case producerIDs, brokerStarted:
		}
	}
	if len(changed) > 0 {
		image.Topics, image.TopicIDs = maps.Clone(prev.Topics), maps.Clone(prev.TopicIDs)
	}
	for id := range changed {
		if was := prev.TopicIDs[id]; s.topics[id] == nil {
			delete(image.Topics, was.Name)
			delete(image.TopicIDs, id)
			configs[topicResource(was.Name)] = true
			delta.Deleted = append(delta.Deleted, was)
			continue
		}
		shown := s.topics[id].image(s.node, s.starts)
		image.Topics[shown.Name], image.TopicIDs[id] = shown, shown
		delta.Topics = append(delta.Topics, shown)
	}
	setConfigs(&image, prev, s, configs, delta)
	return &image, delta
}

func setConfigs(image, prev *metadata.Image, s *state, changed map[metadata.Resource]bool, delta *metadata.Delta) {
	if len(changed) == 0 {
		return
	}
	image.Configs = maps.Clone(prev.Configs)
	for res := range changed {
		now := s.configs[res]
		if len(now) == 0 && prev.Configs[res] == nil {
			continue // a deleted topic that had none
		}
		if len(now) == 0 {
			delete(image.Configs, res)
		} else {
			image.Configs[res] = maps.Clone(now)
		}
		delta.Configs = append(delta.Configs, res)
	}
}
