package hostile_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// createRequest asks for topics of n partitions.
func createRequest(partitions int32, validateOnly bool, names ...string) *kmsg.CreateTopicsRequest {
	req := kmsg.NewPtrCreateTopicsRequest()
	req.SetVersion(7)
	req.TimeoutMillis, req.ValidateOnly = 30_000, validateOnly
	for _, name := range names {
		t := kmsg.NewCreateTopicsRequestTopic()
		t.Topic, t.NumPartitions, t.ReplicationFactor = name, partitions, 1
		req.Topics = append(req.Topics, t)
	}
	return req
}

// names returns n different topic names.
func names(prefix string, n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("%s-%d", prefix, i)
	}
	return list
}

// Names of every kind: most cannot be topics, and none may reach the file system as anything but a name.
func TestTopicNames(t *testing.T) {
	tg := attack(t)
	legal := []string{"a", "A.b_c-1", strings.Repeat("n", 249), "...", "-", "_", "__x"}
	illegal := []string{"", ".", "..", "/", "../../etc/passwd", "a/b", "a\\b", "a\x00b", "a b", "ä", "日本", "\xff\xfe", "a:b", "a\n", "%2e%2e",
		strings.Repeat("n", 250), strings.Repeat("n", math.MaxInt16), "~", "$(reboot)", "a;b", "a*", "?"}
	for _, name := range legal {
		resp := tg.ask(createRequest(1, false, name)).(*kmsg.CreateTopicsResponse)
		if code := resp.Topics[0].ErrorCode; code != 0 {
			t.Errorf("%.30q: %v", name, kerr.ErrorForCode(code))
		}
	}
	for _, name := range illegal {
		resp := tg.ask(createRequest(1, false, name)).(*kmsg.CreateTopicsResponse)
		if code := resp.Topics[0].ErrorCode; code != kerr.InvalidTopicException.Code {
			t.Errorf("%.30q: error code %d", name, code)
		}
		for _, version := range []int16{1, 4, 9, 12} {
			req := kmsg.NewPtrMetadataRequest()
			req.SetVersion(version)
			req.AllowAutoTopicCreation = true
			req.Topics = []kmsg.MetadataRequestTopic{{Topic: &name}}
			metadata := tg.ask(req).(*kmsg.MetadataResponse)
			if code := metadata.Topics[0].ErrorCode; code != kerr.InvalidTopicException.Code {
				t.Errorf("%.30q in Metadata v%d: error code %d", name, version, code)
			}
		}
	}
}

// Sizes that no cluster has are refused, each in Kafka's way.
func TestAbsurdPartitionCounts(t *testing.T) {
	tg := attack(t)
	for i, n := range []int32{0, -2, math.MinInt32, 10_001, 1 << 20, math.MaxInt32} {
		resp := tg.ask(createRequest(n, false, fmt.Sprint("absurd-", i))).(*kmsg.CreateTopicsResponse)
		if code := resp.Topics[0].ErrorCode; code != kerr.InvalidPartitions.Code && code != kerr.PolicyViolation.Code {
			t.Errorf("%d partitions: error code %d", n, code)
		}
	}
	tg.createVictim()
	for _, n := range []int32{0, -1, math.MinInt32, 1, 20_000, math.MaxInt32} {
		req := kmsg.NewPtrCreatePartitionsRequest()
		req.SetVersion(3)
		req.TimeoutMillis = 30_000
		topic := kmsg.NewCreatePartitionsRequestTopic()
		topic.Topic, topic.Count = victimTopic, n
		req.Topics = append(req.Topics, topic)
		if code := tg.ask(req).(*kmsg.CreatePartitionsResponse).Topics[0].ErrorCode; code == 0 || code == -1 {
			t.Errorf("%d partitions in the end: error code %d", n, code)
		}
	}
}

// One request for as many topics as fit into it: Kafka refuses more than 10,000 partitions.
func TestThousandsOfTopicsInOneRequest(t *testing.T) {
	tg := attack(t)
	for _, validateOnly := range []bool{true, false} {
		for _, n := range []int{scale(500, 4000), 10_001, 30_000} { // a topic takes two records, of 10,000
			list := names(fmt.Sprintf("many-%d", n), n)
			resp, err := tg.connect().request(createRequest(1, validateOnly, list...))
			if err != nil {
				t.Errorf("%d topics: %v", n, err)
				continue
			}
			for _, topic := range resp.(*kmsg.CreateTopicsResponse).Topics {
				if want := n > 10_000; want != (topic.ErrorCode == kerr.PolicyViolation.Code) {
					t.Errorf("%d topics: error code %d", n, topic.ErrorCode)
					break
				}
			}
		}
	}
}

// Metadata that creates what it asks for, as a client before version 4 does without being asked.
func TestTopicsThatAreCreatedByAsking(t *testing.T) {
	tg := attack(t)
	for _, n := range []int{scale(200, 2000), 50_000} {
		req := kmsg.NewPtrMetadataRequest()
		req.SetVersion(1)
		for _, name := range names(fmt.Sprintf("asked-%d", n), n) {
			req.Topics = append(req.Topics, kmsg.MetadataRequestTopic{Topic: &name})
		}
		resp, err := tg.connect().request(req)
		if err != nil {
			t.Errorf("%d topics: %v", n, err)
			continue
		}
		if got := len(resp.(*kmsg.MetadataResponse).Topics); got != n {
			t.Errorf("%d topics of %d are answered", got, n)
		}
	}
}
