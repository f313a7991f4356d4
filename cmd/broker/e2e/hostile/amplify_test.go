package hostile_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Requests of a few megabytes whose every few bytes become much more when they are decoded, handled and answered, on
// several connections at once.
func TestAmplification(t *testing.T) {
	tg := attack(t, "auto.create.topics.enable=false")
	tg.createVictim()
	n := scale(100_000, 1_000_000)
	requests := map[string]kmsg.Request{
		"FindCoordinator of many keys":     findCoordinators(n / 2),
		"Metadata of many topics":          manyTopics(n / 8),
		"ListOffsets of one partition":     listOffsets(n / 8),
		"DescribeConfigs of many groups":   describeGroupsConfigs(n / 20),
		"OffsetFetch of many groups":       offsetFetches(n / 8),
		"OffsetCommit of many partitions":  commitRequest("many", n/4, ""),
		"DescribeGroups of many groups":    describeGroups(n / 10),
		"DeleteTopics of one topic":        deleteTopics(n / 20),
		"a Produce of many partitions":     manyProduces(n / 4),
		"DescribeProducers of a partition": describeProducers(n),
	}
	var running sync.WaitGroup
	for name, req := range requests {
		for range scale(2, 6) {
			running.Go(func() {
				w, err := tg.dial()
				if err != nil {
					t.Error(err)
					return
				}
				defer func() { _ = w.Close() }()
				w.send(w.frame(req))
				end, b, err := w.receive(2 * hang)
				if err == nil && end == answered {
					_, err = decode(req, w.correlation, b)
				}
				if err != nil || end == silent {
					t.Errorf("%s: %v, %v", name, end, err)
				}
			})
		}
	}
	running.Wait()
}

func findCoordinators(n int) kmsg.Request {
	req := kmsg.NewPtrFindCoordinatorRequest()
	req.SetVersion(4)
	req.CoordinatorKeys = make([]string, n)
	for i := range n {
		req.CoordinatorKeys[i] = fmt.Sprint(i % 10)
	}
	return req
}

func manyTopics(n int) kmsg.Request {
	req := kmsg.NewPtrMetadataRequest()
	req.SetVersion(12)
	for _, name := range names("m", n) {
		req.Topics = append(req.Topics, kmsg.MetadataRequestTopic{Topic: &name})
	}
	return req
}

func listOffsets(n int) kmsg.Request {
	req := kmsg.NewPtrListOffsetsRequest()
	req.SetVersion(7)
	topic := kmsg.NewListOffsetsRequestTopic()
	topic.Topic = victimTopic
	for range n {
		p := kmsg.NewListOffsetsRequestTopicPartition()
		p.Timestamp = -1
		topic.Partitions = append(topic.Partitions, p)
	}
	req.Topics = append(req.Topics, topic)
	return req
}

// Kafka answers INVALID_REQUEST for each partition that is named twice.
func TestListOffsetsOfTheSamePartition(t *testing.T) {
	tg := attack(t)
	tg.createVictim()
	resp := tg.ask(listOffsets(3)).(*kmsg.ListOffsetsResponse)
	for _, p := range resp.Topics[0].Partitions {
		if p.ErrorCode != kerr.InvalidRequest.Code {
			t.Errorf("error code %d", p.ErrorCode)
		}
	}
}

func describeGroupsConfigs(n int) kmsg.Request {
	req := kmsg.NewPtrDescribeConfigsRequest()
	req.SetVersion(4)
	req.IncludeDocumentation, req.IncludeSynonyms = true, true
	for _, name := range names("g", n) {
		r := kmsg.NewDescribeConfigsRequestResource()
		r.ResourceType, r.ResourceName = kmsg.ConfigResourceTypeGroupConfig, name
		req.Resources = append(req.Resources, r)
	}
	return req
}

func offsetFetches(n int) kmsg.Request {
	req := kmsg.NewPtrOffsetFetchRequest()
	req.SetVersion(8)
	for _, name := range names("o", n) {
		req.Groups = append(req.Groups, kmsg.OffsetFetchRequestGroup{Group: name})
	}
	return req
}

func describeGroups(n int) kmsg.Request {
	req := kmsg.NewPtrDescribeGroupsRequest()
	req.SetVersion(5)
	req.Groups = names("d", n)
	return req
}

func deleteTopics(n int) kmsg.Request {
	req := kmsg.NewPtrDeleteTopicsRequest()
	req.SetVersion(6)
	req.TimeoutMillis = 30_000
	for range n {
		topic := kmsg.NewDeleteTopicsRequestTopic()
		topic.Topic = kmsg.StringPtr("gone")
		req.Topics = append(req.Topics, topic)
	}
	return req
}

func manyProduces(n int) kmsg.Request {
	req := produceRequest("unknown", nil)
	req.Topics[0].Partitions = make([]kmsg.ProduceRequestTopicPartition, n)
	return req
}

func describeProducers(n int) kmsg.Request {
	req := kmsg.NewPtrDescribeProducersRequest()
	topic := kmsg.NewDescribeProducersRequestTopic()
	topic.Topic, topic.Partitions = victimTopic, make([]int32, n)
	req.Topics = append(req.Topics, topic)
	return req
}
