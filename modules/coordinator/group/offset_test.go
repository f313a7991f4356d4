package group_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
	"github.com/jackdawmq/jackdaw/core/record"
)

// commit commits one offset as an administrator and returns the error code.
func (b *broker) commit(group, topic string, partition int32, offset int64) int16 {
	return b.commitText(group, topic, partition, offset, nil)
}

func (b *broker) commitText(group, topic string, partition int32, offset int64, text *string) int16 {
	req := kmsg.NewPtrOffsetCommitRequest()
	req.Group = group
	p := kmsg.NewOffsetCommitRequestTopicPartition()
	p.Partition, p.Offset, p.Metadata = partition, offset, text
	req.Topics = []kmsg.OffsetCommitRequestTopic{{Topic: topic, Partitions: []kmsg.OffsetCommitRequestTopicPartition{p}}}
	return b.send("", 9, req).(*kmsg.OffsetCommitResponse).Topics[0].Partitions[0].ErrorCode
}

// fetch fetches partition 0 of topics, or all offsets of the group.
func (b *broker) fetch(group string, topics []string) kmsg.OffsetFetchResponseGroup {
	g := kmsg.NewOffsetFetchRequestGroup()
	g.Group = group
	for _, t := range topics {
		g.Topics = append(g.Topics, kmsg.OffsetFetchRequestGroupTopic{Topic: t, Partitions: []int32{0}})
	}
	req := kmsg.NewPtrOffsetFetchRequest()
	req.Groups, req.RequireStable = []kmsg.OffsetFetchRequestGroup{g}, true
	return b.send("", 9, req).(*kmsg.OffsetFetchResponse).Groups[0]
}

// offset fetches the offset of orders-0.
func (b *broker) offset(group string) int64 {
	return b.fetch(group, []string{"orders"}).Topics[0].Partitions[0].Offset
}

// offset.metadata.max.bytes counts characters as Java does, and is inclusive.
func TestMetadataLimit(t *testing.T) {
	run(t, testConfig(), func(b *broker) {
		for _, c := range []struct {
			text string
			want kafka.ErrorCode
		}{
			{"", kafka.NoError},
			{strings.Repeat("x", 4096), kafka.NoError},
			{strings.Repeat("x", 4097), kafka.OffsetMetadataTooLarge},
			{strings.Repeat("é", 4096), kafka.NoError},
			{strings.Repeat("𝄞", 2048), kafka.NoError}, // two of Java's characters each
			{strings.Repeat("𝄞", 2048) + "x", kafka.OffsetMetadataTooLarge},
		} {
			if got := b.commitText("g", "orders", 0, 1, &c.text); got != int16(c.want) {
				b.t.Errorf("%d bytes: %v, want %v", len(c.text), kafka.ErrorCode(got), c.want)
			}
		}
	})
}

func TestFetchAnswersWhatWasCommitted(t *testing.T) {
	run(t, testConfig(), func(b *broker) {
		text := "mine"
		b.commitText("g", "orders", 0, 5, &text)
		p := b.fetch("g", []string{"orders"}).Topics[0].Partitions[0]
		if p.Offset != 5 || p.LeaderEpoch != -1 || p.Metadata == nil || *p.Metadata != "mine" || p.ErrorCode != 0 {
			b.t.Errorf("fetched %+v", p)
		}
		none := b.fetch("g", []string{"payments"}).Topics[0].Partitions[0]
		if none.Offset != -1 || none.LeaderEpoch != -1 || none.Metadata == nil || *none.Metadata != "" || none.ErrorCode != 0 {
			b.t.Errorf("fetched %+v for a partition without an offset", none)
		}
	})
}

// Versions before 8 ask for one group; 2 to 7 know null topics, and 1 has no place for an error but the partitions.
func TestOldOffsetFetch(t *testing.T) {
	run(t, testConfig(), func(b *broker) {
		b.commit("g", "orders", 0, 5)
		for version := range int16(8) {
			if version == 0 {
				continue
			}
			req := kmsg.NewPtrOffsetFetchRequest()
			req.Group = "g"
			if version < 2 {
				req.Topics = []kmsg.OffsetFetchRequestTopic{{Topic: "orders", Partitions: []int32{0}}}
			}
			resp := b.send("", version, req).(*kmsg.OffsetFetchResponse)
			if len(resp.Topics) != 1 || resp.Topics[0].Topic != "orders" || resp.Topics[0].Partitions[0].Offset != 5 {
				b.t.Errorf("version %d: %+v", version, resp)
			}
			req.Topics = []kmsg.OffsetFetchRequestTopic{}
			if resp := b.send("", version, req).(*kmsg.OffsetFetchResponse); len(resp.Topics) != 0 {
				b.t.Errorf("version %d with no topics: %+v", version, resp)
			}
		}
		b.coord.Resigned(0)
		req := kmsg.NewPtrOffsetFetchRequest()
		req.Group = "g"
		req.Topics = []kmsg.OffsetFetchRequestTopic{{Topic: "orders", Partitions: []int32{0, 1}}}
		resp := b.send("", 1, req).(*kmsg.OffsetFetchResponse)
		for _, p := range resp.Topics[0].Partitions {
			if p.ErrorCode != int16(kafka.NotCoordinator) || p.Offset != -1 {
				b.t.Errorf("version 1 elsewhere: %+v", p)
			}
		}
		if resp := b.send("", 2, req).(*kmsg.OffsetFetchResponse); resp.ErrorCode != int16(kafka.NotCoordinator) {
			b.t.Errorf("version 2 elsewhere: %+v", resp)
		}
	})
}

// One request for several groups gets an answer for each.
func TestFetchOfSeveralGroups(t *testing.T) {
	run(t, testConfig(), func(b *broker) {
		req := kmsg.NewPtrOffsetFetchRequest()
		for i := range 3 {
			g := kmsg.NewOffsetFetchRequestGroup()
			g.Group = fmt.Sprint("g", i)
			g.Topics = []kmsg.OffsetFetchRequestGroupTopic{{Topic: "orders", Partitions: []int32{0}}}
			req.Groups = append(req.Groups, g)
			b.commit(g.Group, "orders", 0, int64(i))
		}
		for i, g := range b.send("", 9, req).(*kmsg.OffsetFetchResponse).Groups {
			if g.Group != fmt.Sprint("g", i) || g.Topics[0].Partitions[0].Offset != int64(i) {
				b.t.Errorf("group %d: %+v", i, g)
			}
		}
	})
}

// A topic that was deleted and created again has no offsets, even when the tombstones of the old ones were lost.
func TestRecreatedTopic(t *testing.T) {
	run(t, testConfig(), func(b *broker) {
		b.commit("g", "orders", 0, 5)
		b.log.FailAppends(kafka.NotEnoughReplicas)
		b.deleteTopic("orders", kafka.TopicID{7})
		b.log.FailAppends(nil)
		if got := b.offset("g"); got != -1 {
			b.t.Errorf("offset %d of the topic before", got)
		}
		b.commit("g", "orders", 0, 6)
		if got := b.offset("g"); got != 6 {
			b.t.Errorf("offset %d, want 6", got)
		}
	})
}

// A topic that is deleted while the shard loads loses its offsets all the same.
func TestTopicDeletedDuringLoad(t *testing.T) {
	run(t, testConfig(), func(b *broker) {
		b.commit("g", "orders", 0, 5)
		b.coord.Resigned(0)
		release := b.log.HoldReads()
		b.elect()
		if code := b.fetch("g", nil).ErrorCode; code != int16(kafka.CoordinatorLoadInProgress) {
			b.t.Errorf("while loading: %v", kafka.ErrorCode(code))
		}
		b.deleteTopic("orders", kafka.TopicID{})
		release()
		synctest.Wait()
		if all := b.fetch("g", nil); len(all.Topics) != 0 {
			b.t.Errorf("offsets %+v", all)
		}
	})
}

// Deleting a group with more offsets than fit into one batch takes several.
func TestDeleteOfManyOffsets(t *testing.T) {
	run(t, testConfig(), func(b *broker) {
		const partitions = 30000
		many := &metadata.Topic{Name: "many", ID: kafka.TopicID{5}, Partitions: make([]metadata.Partition, partitions)}
		b.image = imageOf(map[string]*metadata.Topic{"many": many, kafka.ConsumerOffsetsTopic: b.image.Topics[kafka.ConsumerOffsetsTopic]})
		b.coord.MetadataChanged(b.image, &metadata.Delta{Topics: []*metadata.Topic{many}})
		for first := 0; first < partitions; first += 5000 {
			req := kmsg.NewPtrOffsetCommitRequest()
			req.Group = "g"
			topic := kmsg.OffsetCommitRequestTopic{Topic: "many"}
			for i := range 5000 {
				p := kmsg.NewOffsetCommitRequestTopicPartition()
				p.Partition = int32(first + i)
				topic.Partitions = append(topic.Partitions, p)
			}
			req.Topics = []kmsg.OffsetCommitRequestTopic{topic}
			if code := b.send("", 9, req).(*kmsg.OffsetCommitResponse).Topics[0].Partitions[0].ErrorCode; code != 0 {
				b.t.Fatal(kafka.ErrorCode(code))
			}
		}
		before := len(b.log.Batches(offsets0))
		req := kmsg.NewPtrDeleteGroupsRequest()
		req.Groups = []string{"g"}
		if code := b.sendMax(req).(*kmsg.DeleteGroupsResponse).Groups[0].ErrorCode; code != 0 {
			b.t.Fatal(kafka.ErrorCode(code))
		}
		if n := len(b.log.Batches(offsets0)) - before; n < 2 {
			b.t.Errorf("%d batches of tombstones", n)
		}
		if n := len(b.sendMax(kmsg.NewPtrListGroupsRequest()).(*kmsg.ListGroupsResponse).Groups); n != 0 {
			b.t.Errorf("%d groups left", n)
		}
	})
}

// A commit of more than one batch can hold is refused as a whole, as Kafka does.
func TestCommitTooLarge(t *testing.T) {
	run(t, testConfig(), func(b *broker) {
		req := kmsg.NewPtrOffsetCommitRequest()
		req.Group = "g"
		text := strings.Repeat("x", 4096)
		topic := kmsg.OffsetCommitRequestTopic{Topic: "orders"}
		for range 300 {
			p := kmsg.NewOffsetCommitRequestTopicPartition()
			p.Metadata = &text
			topic.Partitions = append(topic.Partitions, p)
		}
		req.Topics = []kmsg.OffsetCommitRequestTopic{topic}
		if code := b.send("", 9, req).(*kmsg.OffsetCommitResponse).Topics[0].Partitions[0].ErrorCode; code != int16(kafka.InvalidCommitOffsetSize) {
			b.t.Errorf("%v", kafka.ErrorCode(code))
		}
	})
}

// appendTransactional appends an offset within a transaction to the log, as Kafka's TxnOffsetCommit does.
func (b *broker) appendTransactional(producer kafka.ProducerID, group string, offset int64) {
	h := record.NewHeader()
	h.Attributes = record.TransactionalBit
	h.ProducerID, h.ProducerEpoch, h.BaseSequence = producer, 0, 0
	var builder record.Builder
	builder.Reset(nil, h)
	key := kmsg.OffsetCommitKey{Version: 1, Group: group, Topic: "orders"}
	value := kmsg.OffsetCommitValue{Version: 3, Offset: offset, LeaderEpoch: -1}
	builder.Append(0, key.AppendTo(nil), value.AppendTo(nil))
	b.appendBatch(builder.Finish())
}

// appendGroup appends the record of a group that is empty.
func (b *broker) appendGroup(group string) {
	var builder record.Builder
	builder.Reset(nil, record.NewHeader())
	key := kmsg.GroupMetadataKey{Version: 2, Group: group}
	value := kmsg.GroupMetadataValue{Version: 1, ProtocolType: "consumer"}
	builder.Append(0, key.AppendTo(nil), value.AppendTo(nil))
	b.appendBatch(builder.Finish())
}

func (b *broker) appendBatch(batch []byte, err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.log.AppendRecords(offsets0, batch, 0); err != nil {
		b.t.Fatal(err)
	}
}

// Offsets of transactions count once their marker says so, and are unstable before (KIP-447).
func TestTransactionalOffsetsInTheLog(t *testing.T) {
	run(t, testConfig(), func(b *broker) {
		b.commit("committed", "orders", 0, 1)
		b.commit("aborted", "orders", 0, 1)
		b.commit("open", "orders", 0, 1)
		b.appendTransactional(10, "committed", 2)
		b.appendTransactional(11, "aborted", 2)
		b.appendTransactional(12, "open", 2)
		b.appendTransactional(13, "begun", 2) // nothing else is known of the group
		b.appendGroup("open")
		b.appendBatch(record.Marker{ProducerID: 10, Type: record.ControlCommit}.AppendTo(nil))
		b.appendBatch(record.Marker{ProducerID: 11, Type: record.ControlAbort}.AppendTo(nil))
		b.coord.Resigned(0)
		b.elect()
		if got := b.offset("committed"); got != 2 {
			b.t.Errorf("committed offset %d", got)
		}
		if got := b.offset("aborted"); got != 1 {
			b.t.Errorf("aborted offset %d", got)
		}
		time.Sleep(11 * time.Minute) // of the bubble: empty groups are looked for
		for _, group := range []string{"open", "begun"} {
			if p := b.fetch(group, []string{"orders"}).Topics[0].Partitions[0]; p.ErrorCode != int16(kafka.UnstableOffsetCommit) {
				b.t.Errorf("%s: %+v", group, p)
			}
		}
	})
}

// The record of a group that became empty before Kafka 2.1 does not say when: its offsets count from their commits.
func TestOffsetsOfAnOldGroup(t *testing.T) {
	run(t, testConfig(), func(b *broker) {
		b.commit("g", "orders", 0, 5)
		b.appendGroup("g")
		b.coord.Resigned(0)
		b.elect()
		for _, want := range []int64{5, -1} {
			time.Sleep(4 * 24 * time.Hour)
			if got := b.offset("g"); got != want {
				b.t.Errorf("offset %d, want %d", got, want)
			}
		}
	})
}
