package group

import (
	"bytes"
	"cmp"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/auth"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/shard"
)

// maxMetadataBytes bounds what a member may say in one JoinGroup, all protocols together: more could not be stored with
// the group.
const maxMetadataBytes = 1 << 20

// member checks what all requests of members have in common.
func (c *Coordinator) member(call *api.Call, group string) kafka.ErrorCode {
	switch {
	case !c.allowed(call, auth.Read, auth.Group, group):
		return kafka.GroupAuthorizationFailed
	case group == "":
		return kafka.InvalidGroupID
	}
	return kafka.NoError
}

func (c *Coordinator) joinGroup(from *api.Call, req *kmsg.JoinGroupRequest) kmsg.Response {
	if tooLong(req.Group, req.MemberID, orEmpty(req.InstanceID), req.ProtocolType) {
		return nil
	}
	if code := c.member(from, req.Group); code != kafka.NoError {
		return joinError(code, req.MemberID)
	}
	protocols, size := make([]protocol, 0, len(req.Protocols)), 0
	for _, p := range req.Protocols {
		if tooLong(p.Name) {
			return nil
		}
		known := protocol{p.Name, p.Metadata}
		if size += known.size(); size > maxMetadataBytes {
			return joinError(kafka.MessageTooLarge, req.MemberID)
		}
		known.metadata = bytes.Clone(p.Metadata)
		protocols = append(protocols, known)
	}
	req.Protocols = nil // their bytes are the connection's
	join := &joinRequest{JoinGroupRequest: req, clientID: from.ClientID, clientHost: from.Client.Host(), protocols: protocols}
	join.session, join.rebalance = timeouts(req.SessionTimeoutMillis, req.RebalanceTimeoutMillis)
	resp, code := call(c, from, req.Group, func(m *machine, t *shard.Turn, reply func(*kmsg.JoinGroupResponse)) {
		join.reply = reply
		m.join(t, join)
	})
	if code != kafka.NoError {
		return joinError(code, req.MemberID)
	}
	return resp
}

func (c *Coordinator) syncGroup(from *api.Call, req *kmsg.SyncGroupRequest) kmsg.Response {
	if req.Version >= 5 && (req.ProtocolType == nil || req.Protocol == nil) {
		return syncError(kafka.InconsistentGroupProtocol)
	}
	if code := c.member(from, req.Group); code != kafka.NoError {
		return syncError(code)
	}
	for i := range req.GroupAssignment {
		a := &req.GroupAssignment[i]
		a.MemberAssignment = bytes.Clone(a.MemberAssignment)
	}
	resp, code := call(c, from, req.Group, func(m *machine, t *shard.Turn, reply func(*kmsg.SyncGroupResponse)) {
		m.sync(t, req, reply)
	})
	if code != kafka.NoError {
		return syncError(code)
	}
	return resp
}

func (c *Coordinator) heartbeat(from *api.Call, req *kmsg.HeartbeatRequest) kmsg.Response {
	code := c.member(from, req.Group)
	if code == kafka.NoError {
		var failed kafka.ErrorCode
		code, failed = call(c, from, req.Group, func(m *machine, t *shard.Turn, reply func(kafka.ErrorCode)) {
			m.heartbeat(t, req, reply)
		})
		code = cmp.Or(failed, code)
	}
	resp := kmsg.NewPtrHeartbeatResponse()
	resp.ErrorCode = int16(code)
	return resp
}

func (c *Coordinator) leaveGroup(from *api.Call, req *kmsg.LeaveGroupRequest) kmsg.Response {
	resp := kmsg.NewPtrLeaveGroupResponse()
	if code := c.member(from, req.Group); code != kafka.NoError {
		resp.ErrorCode = int16(code)
		return resp
	}
	if req.Version < 3 {
		one := kmsg.NewLeaveGroupRequestMember()
		one.MemberID = req.MemberID
		req.Members = []kmsg.LeaveGroupRequestMember{one}
	}
	type answer struct {
		members []kmsg.LeaveGroupResponseMember
		code    kafka.ErrorCode
	}
	a, code := call(c, from, req.Group, func(m *machine, t *shard.Turn, reply func(answer)) {
		m.leave(t, req.Group, req.Members, func(members []kmsg.LeaveGroupResponseMember, code kafka.ErrorCode) {
			reply(answer{members, code})
		})
	})
	switch code = cmp.Or(code, a.code); {
	case code != kafka.NoError:
		resp.ErrorCode = int16(code)
	case req.Version < 3:
		resp.ErrorCode = a.members[0].ErrorCode
	default:
		resp.Members = a.members
	}
	return resp
}
