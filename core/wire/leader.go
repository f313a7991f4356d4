package wire

import "github.com/jackdawmq/jackdaw/core/kafka"

// CurrentLeader tells a client whom to ask instead (KIP-951).
type CurrentLeader struct {
	LeaderID    kafka.NodeID
	LeaderEpoch kafka.LeaderEpoch
}

// NodeEndpoint is the address of a broker that a CurrentLeader names (KIP-951).
type NodeEndpoint struct {
	NodeID kafka.NodeID
	Host   string
	Port   int32
	Rack   *string
}

// size returns the bytes that the endpoint takes in a flexible version.
func (e *NodeEndpoint) size() int {
	n := 4 + stringLen(e.Host) + 4 + 1 + 1
	if e.Rack != nil {
		n += stringLen(*e.Rack) - 1
	}
	return n
}

// stringLen returns the bytes that a string takes in a flexible version.
func stringLen(s string) int {
	n := min(len(s), maxString)
	return uvarintLen(n+1) + n
}

// currentLeader appends the tag with the current leader.
func (a appender) currentLeader(tag int, l *CurrentLeader) {
	a.tag(tag, 9)
	a.int32(int32(l.LeaderID))
	a.int32(int32(l.LeaderEpoch))
	a.noTags()
}

// nodeEndpoints ends a response with the tag that lists endpoints, or without tags when there are none.
func (a appender) nodeEndpoints(endpoints []NodeEndpoint) {
	if len(endpoints) == 0 {
		a.noTags()
		return
	}
	size := uvarintLen(len(endpoints) + 1)
	for i := range endpoints {
		size += endpoints[i].size()
	}
	a.uvarint(1)
	a.tag(0, size)
	a.arrayLen(len(endpoints))
	for i := range endpoints {
		e := &endpoints[i]
		a.int32(int32(e.NodeID))
		a.string(e.Host)
		a.int32(e.Port)
		a.nullableString(e.Rack)
		a.noTags()
	}
}
