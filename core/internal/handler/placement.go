package handler

import (
	"cmp"
	"slices"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
)

// placement says where partitions live, as seen from the listener that a request came in on: a broker without an address
// on that listener does not exist for its clients.
type placement struct {
	image    *metadata.Image
	listener string
	ids      []int32 // memory for replica lists, filled from the front
}

// endpoint returns where clients of the listener reach a broker. Calls that did not come through a Kafka listener (the
// HTTP gateway's) take the first address.
func (p *placement) endpoint(id kafka.NodeID) (metadata.Endpoint, bool) {
	b := p.image.Brokers[id]
	if b == nil || b.Fenced {
		return metadata.Endpoint{}, false
	}
	if p.listener == "" && len(b.Endpoints) > 0 {
		return b.Endpoints[0], true
	}
	return b.Endpoint(p.listener)
}

// brokers lists all brokers in the order of their ids.
func (p *placement) brokers() []*metadata.Broker {
	brokers := make([]*metadata.Broker, 0, len(p.image.Brokers))
	for _, b := range p.image.Brokers {
		brokers = append(brokers, b)
	}
	slices.SortFunc(brokers, func(a, b *metadata.Broker) int { return cmp.Compare(a.ID, b.ID) })
	return brokers
}

// leader returns a partition's leader. Without one that the client can reach it is NoNode, with the reason:
// LEADER_NOT_AVAILABLE, or LISTENER_NOT_FOUND when only the address is missing.
func (p *placement) leader(part *metadata.Partition) (kafka.NodeID, kafka.ErrorCode) {
	if _, ok := p.endpoint(part.Leader); ok {
		return part.Leader, kafka.NoError
	}
	if p.image.Brokers[part.Leader] != nil {
		return kafka.NoNode, kafka.ListenerNotFound
	}
	return kafka.NoNode, kafka.LeaderNotAvailable
}

// listChunk is how many ids are allocated at once: a cluster has many short lists.
const listChunk = 4096

// list converts broker ids.
func (p *placement) list(ids []kafka.NodeID) []int32 {
	start := p.room(len(ids))
	for _, id := range ids {
		p.ids = append(p.ids, int32(id))
	}
	return p.ids[start:len(p.ids):len(p.ids)]
}

// reachable lists those brokers that the client can reach, or those that it can not.
func (p *placement) reachable(ids []kafka.NodeID, want bool) []int32 {
	start := p.room(len(ids))
	for _, id := range ids {
		if _, ok := p.endpoint(id); ok == want {
			p.ids = append(p.ids, int32(id))
		}
	}
	return p.ids[start:len(p.ids):len(p.ids)]
}

// room makes room for n more ids and returns where they begin.
func (p *placement) room(n int) int {
	if cap(p.ids)-len(p.ids) < n {
		p.ids = make([]int32, 0, max(n, listChunk))
	}
	return len(p.ids)
}

// rack returns the rack of a broker as the protocol has it: null, not "", when there is none.
func rack(b *metadata.Broker) *string {
	if b.Rack == "" {
		return nil
	}
	return &b.Rack
}
