package handler_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/auth"
	"github.com/jackdawmq/jackdaw/core/coordinator"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
)

func TestFindCoordinatorVersions(t *testing.T) {
	for version := int16(0); version <= 6; version++ {
		c := newCluster(t, nil, groupCoordinator()) // the internal topic does not exist yet
		req := kmsg.NewPtrFindCoordinatorRequest()
		req.CoordinatorKey, req.CoordinatorKeys = "g", []string{"g", ""}
		resp := ask[*kmsg.FindCoordinatorResponse](c, version, req)
		if topic := c.metadata.Image().Topics[kafka.ConsumerOffsetsTopic]; topic == nil || len(topic.Partitions) != 50 {
			t.Fatalf("v%d: the internal topic was not made", version)
		}
		if version < 4 {
			message := ""
			if version >= 1 {
				message = "NONE"
			}
			wantError(t, fmt.Sprint("v", version), resp.ErrorCode, resp.ErrorMessage, kafka.NoError, message)
			if resp.NodeID != 1 || resp.Host != "inside" || resp.Port != 9092 {
				t.Errorf("v%d: %+v", version, resp)
			}
			continue
		}
		if len(resp.Coordinators) != 2 {
			t.Fatalf("v%d: %+v", version, resp)
		}
		for i, got := range resp.Coordinators {
			if got.Key != req.CoordinatorKeys[i] || got.NodeID != 1 || got.Port != 9092 || got.ErrorCode != 0 || *got.ErrorMessage != "" {
				t.Errorf("v%d: %+v", version, got)
			}
		}
	}
}

func TestFindCoordinatorErrors(t *testing.T) {
	c := newCluster(t, nil, fakeCoordinator{typ: coordinator.Group, topic: metadata.NewTopic{Name: "bad name"}})
	f := func(version int16, typ int8, code kafka.ErrorCode, message string) {
		t.Helper()
		req := kmsg.NewPtrFindCoordinatorRequest()
		req.CoordinatorType, req.CoordinatorKey, req.CoordinatorKeys = typ, "k", []string{"k"}
		resp := ask[*kmsg.FindCoordinatorResponse](c, version, req)
		got := kmsg.FindCoordinatorResponseCoordinator{NodeID: resp.NodeID, Port: resp.Port, ErrorCode: resp.ErrorCode, ErrorMessage: resp.ErrorMessage}
		if version >= 4 {
			got = resp.Coordinators[0]
		}
		wantError(t, fmt.Sprintf("v%d type %d", version, typ), got.ErrorCode, got.ErrorMessage, code, message)
		if got.NodeID != -1 || got.Port != -1 || got.Host != "" {
			t.Errorf("an error with an address: %+v", got)
		}
	}
	f(6, 0, kafka.CoordinatorNotAvailable, "Topic bad name cannot be created: INVALID_TOPIC_EXCEPTION: Topic name is invalid: "+
		"'bad name' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'")
	f(3, 9, kafka.InvalidRequest, "Unknown coordinator type received: 9")
	f(6, 9, kafka.InvalidRequest, "Unknown coordinator type received: 9")
	f(5, 2, kafka.InvalidRequest, "Share coordinators are found with version 6 and later.")
	f(6, 1, kafka.InvalidRequest, "No coordinator of type 1 runs on this cluster.")
	c.deny = func(op auth.Operation, _ auth.ResourceType, _ string) bool { return op == auth.Describe }
	f(4, 0, kafka.GroupAuthorizationFailed, "Group authorization failed.")
	f(4, 1, kafka.TransactionalIDAuthorizationFailed, "Transactional Id authorization failed.")
}

func TestDescribeCluster(t *testing.T) {
	c := newCluster(t, nil)
	for version := int16(0); version <= 2; version++ {
		req := kmsg.NewPtrDescribeClusterRequest()
		req.IncludeClusterAuthorizedOperations = version > 0
		resp := ask[*kmsg.DescribeClusterResponse](c, version, req)
		operations := int32(8096)
		if version == 0 {
			operations = math.MinInt32
		}
		if resp.ErrorCode != 0 || resp.ClusterID != "AAAAAAAAQACAAAAAAAAAAg" || resp.ControllerID != 1 || len(resp.Brokers) != 1 ||
			resp.Brokers[0].Host != "inside" || resp.ClusterAuthorizedOperations != operations {
			t.Errorf("v%d: %+v", version, resp)
		}
	}
	f := func(endpoint int8, code kafka.ErrorCode, message string) {
		t.Helper()
		req := kmsg.NewPtrDescribeClusterRequest()
		req.EndpointType = endpoint
		resp := ask[*kmsg.DescribeClusterResponse](c, 1, req)
		wantError(t, "endpoint", resp.ErrorCode, resp.ErrorMessage, code, message)
	}
	f(2, kafka.MismatchedEndpointType, "The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER")
	f(3, kafka.UnsupportedEndpointType, "Unsupported endpoint type 3")
}

func TestDescribeTopicPartitions(t *testing.T) {
	c := newCluster(t, nil)
	for name, n := range map[string]int32{"a": 1, "b": 3, "c": 2} {
		c.metadata.CreateTopics(t.Context(), []metadata.NewTopic{{Name: name, Partitions: n, Replicas: -1}}, false)
	}
	describe := func(limit int32, cursor *kmsg.DescribeTopicPartitionsRequestCursor, names ...string) *kmsg.DescribeTopicPartitionsResponse {
		req := kmsg.NewPtrDescribeTopicPartitionsRequest()
		req.ResponsePartitionLimit, req.Cursor = limit, cursor
		for _, name := range names {
			req.Topics = append(req.Topics, kmsg.DescribeTopicPartitionsRequestTopic{Topic: name})
		}
		return ask[*kmsg.DescribeTopicPartitionsResponse](c, 0, req)
	}
	// Every page size must walk over the same partitions.
	for limit := int32(0); limit <= 7; limit++ {
		var walked []string
		var cursor *kmsg.DescribeTopicPartitionsRequestCursor
		for {
			page := describe(limit, cursor)
			for _, topic := range page.Topics {
				if topic.AuthorizedOperations != 3576 {
					t.Errorf("authorized operations %d", topic.AuthorizedOperations)
				}
				for _, p := range topic.Partitions {
					walked = append(walked, fmt.Sprint(*topic.Topic, p.Partition))
					if p.LeaderID != 1 || len(p.Replicas) != 1 || p.EligibleLeaderReplicas == nil || p.LastKnownELR == nil {
						t.Errorf("partition %+v", p)
					}
				}
			}
			if page.NextCursor == nil {
				break
			}
			cursor = &kmsg.DescribeTopicPartitionsRequestCursor{Topic: page.NextCursor.Topic, Partition: page.NextCursor.Partition}
		}
		if want := []string{"a0", "b0", "b1", "b2", "c0", "c1"}; !slices.Equal(walked, want) {
			t.Errorf("limit %d: %v", limit, walked)
		}
	}
	got := describe(10, nil, "c", "nosuch", "a b", "c").Topics
	codes := []kafka.ErrorCode{kafka.InvalidTopicException, kafka.NoError, kafka.UnknownTopicOrPartition}
	for i, code := range codes {
		if kafka.ErrorCode(got[i].ErrorCode) != code || got[i].Topic == nil {
			t.Errorf("topic %d: %+v", i, got[i])
		}
	}
	bad := []kmsg.DescribeTopicPartitionsRequestCursor{{Topic: "b"}, {Topic: "a", Partition: -1}}
	for i := range bad {
		for _, topic := range describe(10, &bad[i], "a", "c").Topics {
			if kafka.ErrorCode(topic.ErrorCode) != kafka.InvalidRequest {
				t.Errorf("cursor %+v: %+v", bad[i], topic)
			}
		}
	}
	c.deny = func(_ auth.Operation, _ auth.ResourceType, name string) bool { return name == "b" }
	if got := describe(10, nil).Topics; len(got) != 2 {
		t.Errorf("a topic that must not be seen is listed: %+v", got)
	}
	if got := describe(1, nil, "a", "b", "c"); len(got.Topics) != 2 || kafka.ErrorCode(got.Topics[1].ErrorCode) != kafka.TopicAuthorizationFailed {
		t.Errorf("denied by name: %+v", got)
	}
}

func TestWithoutAuthorizerOrSASL(t *testing.T) {
	c := newCluster(t, nil)
	described := ask[*kmsg.DescribeACLsResponse](c, 3, kmsg.NewPtrDescribeACLsRequest())
	wantError(t, "DescribeAcls", described.ErrorCode, described.ErrorMessage, kafka.SecurityDisabled, "No Authorizer is configured on the broker")
	create := kmsg.NewPtrCreateACLsRequest()
	create.Creations = make([]kmsg.CreateACLsRequestCreation, 2)
	for _, r := range ask[*kmsg.CreateACLsResponse](c, 3, create).Results {
		wantError(t, "CreateAcls", r.ErrorCode, r.ErrorMessage, kafka.SecurityDisabled, "No Authorizer is configured.")
	}
	remove := kmsg.NewPtrDeleteACLsRequest()
	remove.Filters = make([]kmsg.DeleteACLsRequestFilter, 2)
	if got := ask[*kmsg.DeleteACLsResponse](c, 3, remove).Results; len(got) != 2 {
		t.Errorf("DeleteAcls: %+v", got)
	} else {
		wantError(t, "DeleteAcls", got[0].ErrorCode, got[0].ErrorMessage, kafka.SecurityDisabled, "No Authorizer is configured.")
	}
	handshake := ask[*kmsg.SASLHandshakeResponse](c, 1, kmsg.NewPtrSASLHandshakeRequest())
	authenticate := ask[*kmsg.SASLAuthenticateResponse](c, 2, kmsg.NewPtrSASLAuthenticateRequest())
	if kafka.ErrorCode(handshake.ErrorCode) != kafka.IllegalSASLState {
		t.Errorf("SaslHandshake: %+v", handshake)
	}
	wantError(t, "SaslAuthenticate", authenticate.ErrorCode, authenticate.ErrorMessage, kafka.IllegalSASLState,
		"SaslAuthenticate request received after successful authentication")
}

func TestElectLeaders(t *testing.T) {
	c := newCluster(t, nil)
	c.create("t")
	for version := int16(0); version <= 2; version++ {
		req := kmsg.NewPtrElectLeadersRequest()
		req.Topics = []kmsg.ElectLeadersRequestTopic{{Topic: "t", Partitions: []int32{0, 9}}, {Topic: "nosuch", Partitions: []int32{0}}}
		got := ask[*kmsg.ElectLeadersResponse](c, version, req).Topics
		p := got[0].Partitions
		wantError(t, "t-0", p[0].ErrorCode, p[0].ErrorMessage, kafka.ElectionNotNeeded, "Leader election not needed for topic partition.")
		wantError(t, "t-9", p[1].ErrorCode, p[1].ErrorMessage, kafka.UnknownTopicOrPartition, "No such partition as t-9")
		p = got[1].Partitions
		wantError(t, "nosuch", p[0].ErrorCode, p[0].ErrorMessage, kafka.UnknownTopicOrPartition, "No such topic as nosuch")
		req.Topics = nil
		if all := ask[*kmsg.ElectLeadersResponse](c, version, req); len(all.Topics) != 0 || all.ErrorCode != 0 {
			t.Errorf("v%d: all partitions: %+v", version, all)
		}
	}
}

func TestNoTransactions(t *testing.T) {
	c := newCluster(t, nil)
	req := kmsg.NewPtrDescribeTransactionsRequest()
	req.TransactionalIDs = []string{"x", ""}
	got := ask[*kmsg.DescribeTransactionsResponse](c, 0, req).TransactionStates
	if kafka.ErrorCode(got[0].ErrorCode) != kafka.TransactionalIDNotFound || got[0].TransactionalID != "x" ||
		kafka.ErrorCode(got[1].ErrorCode) != kafka.InvalidRequest {
		t.Errorf("describe: %+v", got)
	}
	list := kmsg.NewPtrListTransactionsRequest()
	list.StateFilters = []string{"Ongoing", "Strange"}
	list.TransactionalIDPattern = kmsg.StringPtr("(")
	resp := ask[*kmsg.ListTransactionsResponse](c, 2, list)
	if !slices.Equal(resp.UnknownStateFilters, []string{"Strange"}) || len(resp.TransactionStates) != 0 ||
		kafka.ErrorCode(resp.ErrorCode) != kafka.InvalidRegularExpression {
		t.Errorf("list: %+v", resp)
	}
	moving := ask[*kmsg.ListPartitionReassignmentsResponse](c, 0, kmsg.NewPtrListPartitionReassignmentsRequest())
	if moving.ErrorCode != 0 || len(moving.Topics) != 0 {
		t.Errorf("reassignments: %+v", moving)
	}
}
