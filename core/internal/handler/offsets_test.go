package handler_test

import (
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/record"
)

func listOffsetsRequest(version int16, topic string, i int32, timestamp int64) *kmsg.ListOffsetsRequest {
	req := kmsg.NewPtrListOffsetsRequest()
	req.SetVersion(version)
	req.ReplicaID = -1
	t := kmsg.NewListOffsetsRequestTopic()
	t.Topic = topic
	p := kmsg.NewListOffsetsRequestTopicPartition()
	p.Partition, p.Timestamp = i, timestamp
	t.Partitions = append(t.Partitions, p)
	req.Topics = append(req.Topics, t)
	return req
}

func TestListOffsets(t *testing.T) {
	b := newBroker(t)
	b.createTopic("t", 2)
	b.setLeader("t", 1, 3)
	base := time.Now().UnixMilli()
	var builder record.Builder
	builder.Reset(nil, record.NewHeader())
	for _, delta := range []int64{0, 10, 30, 20} {
		builder.Append(base+delta, nil, []byte("v"))
	}
	records, err := builder.Finish()
	if err != nil {
		t.Fatal(err)
	}
	if a := b.produce("t", 0, records); a.ErrorCode != 0 {
		t.Fatal(kafka.ErrorCode(a.ErrorCode))
	}
	f := func(version int16, i int32, timestamp int64, want kafka.ErrorCode, offset, at int64) {
		t.Helper()
		a := b.do(listOffsetsRequest(version, "t", i, timestamp)).(*kmsg.ListOffsetsResponse).Topics[0].Partitions[0]
		if a.ErrorCode != int16(want) || a.Offset != offset || a.Timestamp != at {
			t.Errorf("version %d timestamp %d: %+v, want %v, %d at %d", version, timestamp, a, want, offset, at)
		}
		if version >= 4 && offset >= 0 && a.LeaderEpoch != 3 {
			t.Errorf("version %d timestamp %d: leader epoch %d, want 3", version, timestamp, a.LeaderEpoch)
		}
	}
	for version := int16(1); version <= 11; version++ {
		f(version, 0, kafka.LatestTimestamp, kafka.NoError, 4, -1)
		f(version, 0, kafka.EarliestTimestamp, kafka.NoError, 0, -1)
		f(version, 0, base+15, kafka.NoError, 2, base+30)
	}
	f(11, 0, base+31, kafka.NoError, -1, -1)
	f(11, 0, kafka.MaxTimestamp, kafka.NoError, 2, base+30)
	f(11, 1, kafka.MaxTimestamp, kafka.NoError, -1, -1)
	f(11, 0, kafka.EarliestLocalTimestamp, kafka.NoError, 0, -1)
	f(11, 0, kafka.LatestTieredTimestamp, kafka.NoError, -1, -1)
	f(11, 0, kafka.EarliestPendingUploadTimestamp, kafka.NoError, -1, -1)
	for timestamp, version := range map[int64]int16{-3: 6, -4: 7, -5: 8, -6: 10, -7: 11} {
		f(version, 0, timestamp, kafka.UnsupportedVersion, -1, -1)
	}
	f(11, 2, kafka.LatestTimestamp, kafka.UnknownTopicOrPartition, -1, -1)
	twice := listOffsetsRequest(11, "t", 0, -1)
	twice.Topics = append(twice.Topics, twice.Topics[0])
	if a := b.do(twice).(*kmsg.ListOffsetsResponse).Topics[1].Partitions[0]; a.ErrorCode != int16(kafka.InvalidRequest) {
		t.Errorf("the same partition twice: %+v", a)
	}
	fenced := listOffsetsRequest(11, "t", 0, -1)
	fenced.Topics[0].Partitions[0].CurrentLeaderEpoch = 2
	if a := b.do(fenced).(*kmsg.ListOffsetsResponse).Topics[0].Partitions[0]; a.ErrorCode != int16(kafka.FencedLeaderEpoch) {
		t.Errorf("an old leader epoch: %+v", a)
	}
}

func TestOffsetForLeaderEpoch(t *testing.T) {
	b := newBroker(t)
	b.createTopic("t", 1)
	b.createTopic("empty", 1)
	b.mustProduce("t", 0, "a", "b")
	b.setLeader("t", 1, 2)
	b.mustProduce("t", 0, "c")
	f := func(topic string, requested int32, want kafka.ErrorCode, epoch int32, end int64) {
		t.Helper()
		for version := int16(2); version <= 4; version++ {
			req := kmsg.NewPtrOffsetForLeaderEpochRequest()
			req.SetVersion(version)
			rt := kmsg.NewOffsetForLeaderEpochRequestTopic()
			rt.Topic = topic
			rt.Partitions = []kmsg.OffsetForLeaderEpochRequestTopicPartition{{CurrentLeaderEpoch: -1, LeaderEpoch: requested}}
			req.Topics = append(req.Topics, rt)
			a := b.do(req).(*kmsg.OffsetForLeaderEpochResponse).Topics[0].Partitions[0]
			if a.ErrorCode != int16(want) || a.LeaderEpoch != epoch || a.EndOffset != end {
				t.Errorf("%s epoch %d: %+v, want %v (%d, %d)", topic, requested, a, want, epoch, end)
			}
		}
	}
	f("t", 0, kafka.NoError, 0, 2)
	f("t", 1, kafka.NoError, 0, 2)
	f("t", 2, kafka.NoError, 2, 3)
	f("t", 3, kafka.NoError, -1, -1)
	f("t", -1, kafka.NoError, -1, -1)
	f("empty", 0, kafka.NoError, 0, 0)
	f("nope", 0, kafka.UnknownTopicOrPartition, -1, -1)
}

func TestDeleteRecords(t *testing.T) {
	b := newBroker(t)
	b.createTopic("t", 1)
	b.createTopic("compacted", 1, "cleanup.policy", "compact")
	b.createTopic("both", 1, "cleanup.policy", "compact,delete")
	b.createTopic(kafka.ConsumerOffsetsTopic, 1)
	b.mustProduce("t", 0, "a", "b", "c")
	f := func(topic string, offset int64, want kafka.ErrorCode, low int64) {
		t.Helper()
		for version := int16(0); version <= 2; version++ {
			req := kmsg.NewPtrDeleteRecordsRequest()
			req.SetVersion(version)
			req.Topics = []kmsg.DeleteRecordsRequestTopic{{Topic: topic, Partitions: []kmsg.DeleteRecordsRequestTopicPartition{{Offset: offset}}}}
			a := b.do(req).(*kmsg.DeleteRecordsResponse).Topics[0].Partitions[0]
			if a.ErrorCode != int16(want) || a.LowWatermark != low {
				t.Errorf("%s before %d: %+v, want %v, %d", topic, offset, a, want, low)
			}
		}
	}
	f("t", 2, kafka.NoError, 2)
	f("t", 1, kafka.NoError, 2)
	f("t", -2, kafka.OffsetOutOfRange, -1)
	f("t", 4, kafka.OffsetOutOfRange, -1)
	if a := b.fetchOne(fetchRequest(12, "t", kafka.TopicID{}, 0, 1)); a.ErrorCode != int16(kafka.OffsetOutOfRange) {
		t.Errorf("a deleted offset answers %v", kafka.ErrorCode(a.ErrorCode))
	}
	if a := b.fetchOne(fetchRequest(12, "t", kafka.TopicID{}, 0, 2)); a.ErrorCode != 0 || a.LogStartOffset != 2 {
		t.Errorf("what is left: %+v", a)
	}
	f("t", -1, kafka.NoError, 3)
	f("compacted", -1, kafka.PolicyViolation, -1)
	f("both", -1, kafka.NoError, 0)
	f("nope", -1, kafka.UnknownTopicOrPartition, -1)
	f(kafka.ConsumerOffsetsTopic, -1, kafka.InvalidTopicException, -1)
}

func initProducerIDRequest(version int16) *kmsg.InitProducerIDRequest {
	req := kmsg.NewPtrInitProducerIDRequest()
	req.SetVersion(version)
	req.TransactionTimeoutMillis = 1000
	return req
}

func TestInitProducerID(t *testing.T) {
	b := newBroker(t)
	next := int64(0)
	f := func(version int16, txn *string, id int64, epoch int16, want kafka.ErrorCode) {
		t.Helper()
		req := initProducerIDRequest(version)
		req.TransactionalID, req.ProducerID, req.ProducerEpoch = txn, id, epoch
		a := b.do(req).(*kmsg.InitProducerIDResponse)
		wantID, wantEpoch := int64(-1), int16(-1)
		if want == kafka.NoError {
			wantID, wantEpoch = next, 0
			next++
		}
		if a.ErrorCode != int16(want) || a.ProducerID != wantID || a.ProducerEpoch != wantEpoch {
			t.Errorf("version %d: %+v, want %v, id %d", version, a, want, wantID)
		}
	}
	empty, name := "", "txn"
	for version := int16(0); version <= 5; version++ {
		f(version, nil, -1, -1, kafka.NoError)
		f(version, &empty, -1, -1, kafka.InvalidRequest)
		f(version, &name, -1, -1, kafka.UnsupportedVersion)
	}
	f(3, nil, 5, 2, kafka.NoError)
	f(3, nil, 5, -1, kafka.InvalidRequest)
	f(3, nil, -1, 0, kafka.InvalidRequest)
	b.metadata.busy.Store(true) // what is left of the block still goes
	f(4, nil, -1, -1, kafka.NoError)
	next = 1000
	for range 1000 - 8 {
		b.do(initProducerIDRequest(4))
	}
	f(4, nil, -1, -1, kafka.CoordinatorLoadInProgress)
	b.metadata.busy.Store(false)
	for range 1500 { // into the next block
		f(4, nil, -1, -1, kafka.NoError)
	}
	b.authorizer.denied = map[string]bool{"kafka-cluster": true}
	f(4, nil, -1, -1, kafka.ClusterAuthorizationFailed)
	b.createTopic("t", 1) // whoever may write to a topic may do so idempotently
	f(4, nil, -1, -1, kafka.NoError)
}

func TestDescribeProducers(t *testing.T) {
	b := newBroker(t)
	b.createTopic("t", 1)
	b.produce("t", 0, batch(t, from(7, 2, 0), "a", "b"))
	req := kmsg.NewPtrDescribeProducersRequest()
	req.Topics = []kmsg.DescribeProducersRequestTopic{{Topic: "t", Partitions: []int32{0, 1}}}
	answers := b.do(req).(*kmsg.DescribeProducersResponse).Topics[0].Partitions
	if len(answers[0].ActiveProducers) != 1 || answers[1].ErrorCode != int16(kafka.UnknownTopicOrPartition) {
		t.Fatalf("%+v", answers)
	}
	p := answers[0].ActiveProducers[0]
	if p.ProducerID != 7 || p.ProducerEpoch != 2 || p.LastSequence != 1 || p.CurrentTxnStartOffset != -1 || p.CoordinatorEpoch != -1 {
		t.Errorf("%+v", p)
	}
}

func TestDescribeLogDirs(t *testing.T) {
	b := newBroker(t)
	b.createTopic("t", 2)
	b.createTopic("u", 1)
	b.mustProduce("t", 1, "v")
	size := int64(len(batch(t, nil, "v")))
	for version := int16(1); version <= 5; version++ {
		req := kmsg.NewPtrDescribeLogDirsRequest()
		req.SetVersion(version)
		all := b.do(req).(*kmsg.DescribeLogDirsResponse)
		if len(all.Dirs) != 1 || len(all.Dirs[0].Topics) != 2 || len(all.Dirs[0].Topics[0].Partitions) != 2 {
			t.Fatalf("version %d: %+v", version, all)
		}
		if p := all.Dirs[0].Topics[0].Partitions[1]; p.Partition != 1 || p.Size != size || p.OffsetLag != 0 {
			t.Errorf("version %d: %+v, want %d bytes", version, p, size)
		}
		req.Topics = []kmsg.DescribeLogDirsRequestTopic{{Topic: "u", Partitions: []int32{0, 0, 9}}, {Topic: "nope", Partitions: []int32{0}}}
		some := b.do(req).(*kmsg.DescribeLogDirsResponse)
		if len(some.Dirs[0].Topics) != 1 || len(some.Dirs[0].Topics[0].Partitions) != 1 {
			t.Errorf("version %d: %+v", version, some.Dirs)
		}
	}
	b.authorizer.denied = map[string]bool{"kafka-cluster": true}
	req := kmsg.NewPtrDescribeLogDirsRequest()
	req.SetVersion(3)
	if a := b.do(req).(*kmsg.DescribeLogDirsResponse); a.ErrorCode != int16(kafka.ClusterAuthorizationFailed) || len(a.Dirs) > 0 {
		t.Errorf("%+v", a)
	}
}
