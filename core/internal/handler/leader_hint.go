package handler

import (
	"slices"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/wire"
)

// leaderHints collects whom a response tells clients to ask instead (KIP-951). It works from one image and is only used
// on error paths.
type leaderHints struct {
	placement
	endpoints []wire.NodeEndpoint
}

func (h *Handlers) leaderHints(c *api.Call) leaderHints {
	return leaderHints{placement: h.placement(c)}
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
	if slices.ContainsFunc(l.endpoints, func(e wire.NodeEndpoint) bool { return e.NodeID == id }) {
		return
	}
	if e, ok := l.endpoint(id); ok {
		l.endpoints = append(l.endpoints, wire.NodeEndpoint{NodeID: id, Host: e.Host, Port: e.Port, Rack: rack(l.image.Brokers[id])})
	}
}
