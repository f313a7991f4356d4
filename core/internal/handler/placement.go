package handler

import (
	"cmp"
	"slices"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/internal/partition"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
)

// placement says where partitions live, as seen from the listener that a request came in on: a broker without an address
// on that listener does not exist for its clients.
type placement struct {
	image    *metadata.Image
	listener string
	self     kafka.NodeID
	local    *partition.Set // knows which of this broker's replicas are offline
	ids      []int32        // memory for replica lists, filled from the front
}

func (h *Handlers) placement(c *api.Call) placement {
	return placement{image: h.Metadata.Image(), listener: c.Client.Listener, self: h.Self, local: h.Partitions}
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

// current returns the state of a partition, and whether this broker's replica of it is offline because its storage failed.
// The metadata module does not hear of that; what a controller makes of it (KIP-858, as Apache Kafka 4.3.1 answers) is
// made here: the replica leaves the ISR, and if it led, nobody does, in the next epoch.
func (p *placement) current(t *metadata.Topic, hosted *partition.Topic, i int32) (state *metadata.Partition, offline bool) {
	state = &t.Partitions[i]
	if replica, err := hosted.Partition(i); err != nil || !replica.Offline() {
		return state, false
	}
	without := *state
	without.ISR = slices.DeleteFunc(slices.Clone(state.ISR), func(id kafka.NodeID) bool { return id == p.self })
	if without.Leader == p.self {
		without.Leader = kafka.NoNode
		without.LeaderEpoch++
	}
	return &without, true
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

// reachable lists those brokers that the client can reach.
func (p *placement) reachable(ids []kafka.NodeID) []int32 {
	start := p.room(len(ids))
	for _, id := range ids {
		if _, ok := p.endpoint(id); ok {
			p.ids = append(p.ids, int32(id))
		}
	}
	return p.ids[start:len(p.ids):len(p.ids)]
}

// offline lists those replicas that cannot serve the client: their broker can't be reached, or it is this one and its
// storage failed.
func (p *placement) offline(ids []kafka.NodeID, failed bool) []int32 {
	start := p.room(len(ids))
	for _, id := range ids {
		if _, ok := p.endpoint(id); !ok || failed && id == p.self {
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
