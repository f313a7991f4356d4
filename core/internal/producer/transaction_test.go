package producer_test

import (
	"testing"

	"github.com/jackdawmq/jackdaw/core/internal/producer"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/record"
)

func transactional(id kafka.ProducerID, sequence, n int32) record.Header {
	h := header(id, 0, sequence, n)
	h.Attributes = record.TransactionalBit
	return h
}

// endTxn appends a marker and returns what it completed.
func (p *partition) endTxn(id kafka.ProducerID, epoch kafka.ProducerEpoch, t record.ControlType) (producer.CompletedTxn, bool) {
	p.t.Helper()
	m := record.Marker{ProducerID: id, ProducerEpoch: epoch, Type: t, CoordinatorEpoch: 1, Timestamp: 5000}
	if err := p.state.CheckMarker(m, false); err != nil {
		p.t.Error(err)
	}
	p.end++
	return p.state.UpdateMarker(m, p.end-1)
}

func (p *partition) unstable(want int64) {
	p.t.Helper()
	got, ok := p.state.FirstUnstableOffset()
	if !ok {
		got = -1
	}
	if got != want {
		p.t.Errorf("first unstable offset is %d, want %d", got, want)
	}
}

func TestFirstUnstableOffset(t *testing.T) {
	p := &partition{t: t}
	p.unstable(-1)
	p.write(header(9, 0, 0, 1), kafka.NoError)
	p.unstable(-1)
	p.write(transactional(1, 0, 2), kafka.NoError) // 1, 2
	p.write(transactional(2, 0, 1), kafka.NoError) // 3
	p.write(transactional(1, 2, 1), kafka.NoError) // 4
	p.unstable(1)
	p.write(header(2, 0, 1, 1), kafka.InvalidTxnState)

	txn, ok := p.endTxn(2, 0, record.ControlAbort) // 5
	if want := (producer.CompletedTxn{ProducerID: 2, FirstOffset: 3, LastOffset: 5, Aborted: true, LastStableOffset: 1}); !ok || txn != want {
		t.Errorf("completed %+v, %v, want %+v", txn, ok, want)
	}
	txn, ok = p.endTxn(1, 0, record.ControlCommit) // 6
	if want := (producer.CompletedTxn{ProducerID: 1, FirstOffset: 1, LastOffset: 6, LastStableOffset: 7}); !ok || txn != want {
		t.Errorf("completed %+v, %v, want %+v", txn, ok, want)
	}
	p.unstable(1) // the markers are not below the high watermark
	p.state.AdvanceHighWatermark(6)
	p.unstable(1)
	p.state.AdvanceHighWatermark(7)
	p.unstable(-1)

	if _, ok := p.endTxn(1, 0, record.ControlCommit); ok {
		t.Error("a marker without a transaction completed one")
	}
	p.write(transactional(1, 3, 1), kafka.NoError) // sequences go on in the same epoch
}

func TestMarkerEpochs(t *testing.T) {
	p := &partition{t: t}
	f := func(epoch kafka.ProducerEpoch, coordinatorEpoch int32, v2 bool, want kafka.ErrorCode) {
		t.Helper()
		err := p.state.CheckMarker(record.Marker{ProducerID: 1, ProducerEpoch: epoch, CoordinatorEpoch: coordinatorEpoch}, v2)
		if kafka.CodeOf(err) != want {
			t.Errorf("epoch %d, coordinator %d, v2 %v: %v, want %v", epoch, coordinatorEpoch, v2, err, want)
		}
	}
	f(0, 0, true, kafka.NoError) // nothing known
	h := transactional(1, 0, 1)
	h.ProducerEpoch = 4
	p.write(h, kafka.NoError)
	f(3, 1, false, kafka.InvalidProducerEpoch)
	f(4, 1, false, kafka.NoError)
	f(4, 1, true, kafka.InvalidProducerEpoch) // V2 raises the epoch
	f(5, 1, true, kafka.NoError)

	p.endTxn(1, 5, record.ControlCommit)
	f(5, 1, true, kafka.NoError) // tried again
	f(5, 0, true, kafka.TransactionCoordinatorFenced)
	if got := p.state.Producers()[0]; got.LastSequence != -1 || got.Epoch != 5 || got.CoordinatorEpoch != 1 || got.LastTimestamp != 5000 {
		t.Errorf("after a V2 marker: %+v", got)
	}
	h.ProducerEpoch, h.BaseSequence = 5, 1
	p.write(h, kafka.OutOfOrderSequenceNumber)
	h.BaseSequence = 0
	p.write(h, kafka.NoError)
}

// A follower takes whatever its leader had, and ends in the same state.
func TestReplayNeverRefuses(t *testing.T) {
	leader := &partition{t: t}
	var follower producer.State
	replay := func(h record.Header, b record.Batch) (producer.CompletedTxn, bool) {
		t.Helper()
		txn, ok, err := follower.Replay(&h, b)
		if err != nil {
			t.Error(err)
		}
		return txn, ok
	}
	for _, sequence := range []int32{0, 1, 2} {
		h := transactional(1, sequence, 1)
		h.BaseOffset, h.MaxTimestamp = leader.end, 1000+leader.end
		leader.write(transactional(1, sequence, 1), kafka.NoError)
		replay(h, nil)
	}
	m := record.Marker{ProducerID: 1, Type: record.ControlAbort, CoordinatorEpoch: 1, Timestamp: 5000}
	b, err := m.AppendTo(nil)
	if err != nil {
		t.Fatal(err)
	}
	record.Batch(b).SetBaseOffset(leader.end)
	want, _ := leader.endTxn(1, 0, record.ControlAbort)
	if got, ok := replay(record.Batch(b).Header(), b); !ok || got != want {
		t.Errorf("the follower completed %+v, %v, want %+v", got, ok, want)
	}
	if got, want := follower.Snapshot(), leader.state.Snapshot(); string(got) != string(want) {
		t.Errorf("the follower's state is\n%x, the leader's\n%x", got, want)
	}

	gap, old := header(1, 0, 99, 1), header(1, -1, 0, 1)
	replay(gap, nil)
	replay(old, nil)
	noRecords := record.NewHeader()
	noRecords.Attributes, noRecords.ProducerID = record.ControlBit, 1
	var builder record.Builder
	builder.Reset(nil, noRecords)
	cleaned, err := builder.Finish()
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := replay(record.Batch(cleaned).Header(), cleaned); ok {
		t.Error("an empty control batch completed a transaction")
	}
}
