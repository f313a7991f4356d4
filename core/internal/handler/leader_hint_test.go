package handler_test

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
)

func TestLeaderHints(t *testing.T) {
	b := newBroker(t)
	id := b.createTopic("t", 2)
	b.change(&metadata.Delta{Brokers: true}, func(i *metadata.Image) {
		i.Brokers = map[kafka.NodeID]*metadata.Broker{
			1: i.Brokers[1],
			2: {ID: 2, Rack: "r", Endpoints: []metadata.Endpoint{{Listener: "PLAINTEXT", Host: "two", Port: 9}}},
			3: {ID: 3, Endpoints: []metadata.Endpoint{{Listener: "OTHER", Host: "three", Port: 9}}},
			4: {ID: 4, Endpoints: []metadata.Endpoint{{Listener: "PLAINTEXT", Host: "four", Port: 9}}, Fenced: true},
		}
	})
	b.setLeader("t", 2, 5)
	two := fetchRequest(16, "", id, 0, 0)
	two.Topics[0].Partitions = append(two.Topics[0].Partitions, fetchTopic("", id, 1, 0).Partitions...)
	fetched := b.do(two).(*kmsg.FetchResponse)
	if len(fetched.Brokers) != 1 || fetched.Brokers[0].NodeID != 2 || fetched.Brokers[0].Host != "two" || *fetched.Brokers[0].Rack != "r" {
		t.Errorf("brokers %+v", fetched.Brokers)
	}
	for _, p := range fetched.Topics[0].Partitions {
		if p.CurrentLeader.LeaderID != 2 || p.CurrentLeader.LeaderEpoch != 5 {
			t.Errorf("%+v", p.CurrentLeader)
		}
	}
	if old := b.do(fetchRequest(15, "", id, 0, 0)).(*kmsg.FetchResponse); len(old.Brokers) != 0 || old.Topics[0].Partitions[0].CurrentLeader.LeaderID != -1 {
		t.Errorf("version 15 knows no leaders: %+v", old)
	}
	b.setLeader("t", 1, 6)
	fenced := fetchRequest(16, "", id, 0, 0)
	fenced.Topics[0].Partitions[0].CurrentLeaderEpoch = 5
	if a := b.fetchOne(fenced); a.ErrorCode != int16(kafka.FencedLeaderEpoch) || a.CurrentLeader.LeaderID != 1 || a.CurrentLeader.LeaderEpoch != 6 {
		t.Errorf("an old epoch is answered %+v", a)
	}
	b.setLeader("t", 2, 7)
	produced := b.do(produceRequest(10, 1, "t", kafka.TopicID{}, 0, batch(t, nil, "v"))).(*kmsg.ProduceResponse)
	if len(produced.Brokers) != 1 || produced.Brokers[0].Host != "two" {
		t.Errorf("brokers %+v", produced.Brokers)
	}
	for leader, why := range map[kafka.NodeID]string{3: "without an address on this listener", 4: "fenced"} {
		b.setLeader("t", leader, 8)
		resp := b.do(fetchRequest(16, "", id, 0, 0)).(*kmsg.FetchResponse)
		if len(resp.Brokers) != 0 || resp.Topics[0].Partitions[0].CurrentLeader.LeaderID != int32(leader) {
			t.Errorf("a leader %s: %+v", why, resp)
		}
	}
}

func TestProduceLeaderHint(t *testing.T) {
	b := newBroker(t)
	b.createTopic("t", 1)
	b.setLeader("t", 1, 4)
	b.setLeader("t", 2, 5)
	resp := b.do(produceRequest(10, 1, "t", kafka.TopicID{}, 0, batch(t, nil, "v"))).(*kmsg.ProduceResponse)
	a := resp.Topics[0].Partitions[0]
	if a.ErrorCode != int16(kafka.NotLeaderOrFollower) || a.CurrentLeader.LeaderID != 2 || a.CurrentLeader.LeaderEpoch != 5 {
		t.Errorf("%+v", a)
	}
}
