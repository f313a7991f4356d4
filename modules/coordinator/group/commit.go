package group

import (
	"unicode/utf16"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/shard"
)

// commitRequest is an OffsetCommit (versions 2 to 10) whose topics are known and authorized.
type commitRequest struct {
	version    int16
	group      string
	generation int32 // negative: the client is not in a group's generation
	memberID   string
	instance   *string
	retention  int64 // milliseconds (versions 2 to 4); negative: as configured
	offsets    []offsetToCommit
}

// offsetToCommit is one partition of an OffsetCommit.
type offsetToCommit struct {
	topic     string
	partition int32
	committed
	code *int16 // of the answer for this partition
}

// commit stores offsets and replies when all codes are set.
func (m *machine) commit(t *shard.Turn, req *commitRequest, reply func(struct{})) {
	code := m.mayCommit(t, req)
	for i := range req.offsets {
		o := &req.offsets[i]
		*o.code = int16(code)
		switch {
		case code != kafka.NoError:
		case longerThan(o.metadata, m.OffsetMetadataMaxSize):
			*o.code = int16(kafka.OffsetMetadataTooLarge)
		default:
			o.commitTime, o.expireTime = t.Now.UnixMilli(), noTime
			if req.retention >= 0 {
				o.expireTime = o.commitTime + req.retention
			}
			t.Append(encodeOffsetKey(req.group, o.topic, o.partition), encodeOffset(o.committed))
		}
	}
	settled(t, func(code kafka.ErrorCode) {
		if code == kafka.UnknownServerError { // too many of them
			code = kafka.InvalidCommitOffsetSize
		}
		for i := range req.offsets {
			if o := &req.offsets[i]; *o.code == 0 {
				*o.code = int16(code)
			}
		}
		reply(struct{}{})
	})
}

// mayCommit checks that the client may commit for the group now. A commit of a member is as good as a heartbeat.
func (m *machine) mayCommit(t *shard.Turn, req *commitRequest) kafka.ErrorCode {
	g := m.groups[req.group]
	switch {
	case g == nil && req.generation < 0:
		return kafka.NoError // a simple group begins
	case g == nil && req.version >= 9:
		return kafka.GroupIDNotFound
	case g == nil:
		return kafka.IllegalGeneration
	case g.state == Empty && req.generation < 0:
		return kafka.NoError // an administrator, or a consumer that assigns itself its partitions
	case req.generation < 0 && req.memberID == "" && req.instance == nil:
		return kafka.UnknownMemberID
	}
	member, code := g.member(req.memberID, req.instance)
	switch {
	case code != kafka.NoError:
		return code
	case req.generation != g.generation:
		return kafka.IllegalGeneration
	case g.state == CompletingRebalance:
		return kafka.RebalanceInProgress // the member knows the generation but not yet its assignment
	}
	m.heard(t, g, member)
	return kafka.NoError
}

// longerThan reports whether s has more than limit characters as Java counts them.
func longerThan(s string, limit int) bool {
	if len(s) <= limit {
		return false
	}
	n := 0
	for _, r := range s {
		n += max(utf16.RuneLen(r), 1)
	}
	return n > limit
}
