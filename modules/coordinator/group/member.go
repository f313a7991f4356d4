package group

import (
	"bytes"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// member is a member of a classic group.
type member struct {
	id                   string
	instance             *string // group.instance.id of a static member (KIP-345)
	clientID, clientHost string
	rebalanceTimeout     time.Duration
	sessionTimeout       time.Duration
	protocolType         string
	protocols            []protocol // in the member's order of preference
	assignment           []byte     // what the leader gave it in the current generation
	weighed              int        // bytes that it counts as

	joining func(*kmsg.JoinGroupResponse) // answers its parked JoinGroup; nil when there is none
	syncing func(*kmsg.SyncGroupResponse) // answers its parked SyncGroup; nil when there is none
	// isNew is true until the member's first rebalance is over. It does not know its id yet, so it sends no heartbeats.
	isNew bool
}

// protocol is an assignment strategy that a member knows, with what it tells the leader in its terms.
type protocol struct {
	name     string
	metadata []byte
}

// metadata returns what the member said for a protocol; nil when there is no protocol or it does not know it.
func (m *member) metadata(name *string) []byte {
	if name == nil {
		return nil
	}
	for _, p := range m.protocols {
		if p.name == *name {
			return p.metadata
		}
	}
	return nil
}

// matches reports whether the member would join with what it has already said.
func (m *member) matches(protocols []protocol) bool {
	return slices.EqualFunc(m.protocols, protocols, func(a, b protocol) bool {
		return a.name == b.name && bytes.Equal(a.metadata, b.metadata)
	})
}

// alive reports whether the member needs no heartbeat now: it waits for the others of a rebalance.
func (m *member) alive() bool { return !m.isNew && (m.joining != nil || m.syncing != nil) }

// vote returns the first of the member's protocols that is among the candidates.
func (m *member) vote(candidates map[string]int) (name string, ok bool) {
	for _, p := range m.protocols {
		if _, ok := candidates[p.name]; ok {
			return p.name, true
		}
	}
	return "", false
}
