package handler

import (
	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
	"github.com/jackdawmq/jackdaw/core/wire"
)

// leaderHints collects whom a response tells clients to ask instead (KIP-951). It works from one image and is only used
// on error paths.
type leaderHints struct {
	image     *metadata.Image
	listener  string
	endpoints []wire.NodeEndpoint
}

func (h *Handlers) leaderHints(c *api.Call) leaderHints {
	return leaderHints{image: h.Metadata.Image(), listener: c.Client.Listener}
}

// of returns the current leader of a partition and remembers its address; nil when none is known.
func (l *leaderHints) of(topic string, partition int32) *wire.CurrentLeader {
	state := l.image.Partition(kafka.TopicPartition{Topic: topic, Partition: partition})
	if state == nil {
		return nil
	}
	l.remember(state.Leader)
	return &wire.CurrentLeader{LeaderID: state.Leader, LeaderEpoch: state.LeaderEpoch}
}

func (l *leaderHints) remember(id kafka.NodeID) {
	for i := range l.endpoints {
		if l.endpoints[i].NodeID == id {
			return
		}
	}
	broker := l.image.Brokers[id]
	if broker == nil {
		return
	}
	endpoint, ok := broker.Endpoint(l.listener)
	if !ok {
		return
	}
	var rack *string
	if broker.Rack != "" {
		rack = &broker.Rack
	}
	l.endpoints = append(l.endpoints, wire.NodeEndpoint{NodeID: id, Host: endpoint.Host, Port: endpoint.Port, Rack: rack})
}
