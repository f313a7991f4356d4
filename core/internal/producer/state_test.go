package producer_test

import (
	"math"
	"testing"

	"github.com/jackdawmq/jackdaw/core/internal/producer"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/record"
)

// partition is a log without bytes: it gives accepted batches their offsets.
type partition struct {
	t     *testing.T
	state producer.State
	end   int64
}

// header describes a batch of n records from a producer.
func header(id kafka.ProducerID, epoch kafka.ProducerEpoch, sequence, n int32) record.Header {
	h := record.NewHeader()
	h.ProducerID, h.ProducerEpoch, h.BaseSequence = id, epoch, sequence
	h.Count, h.LastOffsetDelta = n, n-1
	return h
}

// write appends a batch as a leader does, and expects a code; NoError means that it was appended.
func (p *partition) write(h record.Header, want kafka.ErrorCode) {
	p.t.Helper()
	p.writeAs(producer.Client, h, want)
}

func (p *partition) writeAs(origin producer.Origin, h record.Header, want kafka.ErrorCode) {
	p.t.Helper()
	h.BaseOffset, h.MaxTimestamp = p.end, 1000+p.end
	_, duplicate, err := p.state.Check(&h, origin)
	if kafka.CodeOf(err) != want || duplicate {
		p.t.Errorf("producer %d epoch %d sequence %d at offset %d: duplicate %v, %v, want %v",
			h.ProducerID, h.ProducerEpoch, h.BaseSequence, p.end, duplicate, err, want)
	}
	if err == nil && !duplicate {
		p.state.Update(&h)
		p.end += int64(h.Count)
	}
}

// duplicate expects that a batch is known as the one at base.
func (p *partition) duplicate(h record.Header, base int64) {
	p.t.Helper()
	original, duplicate, err := p.state.Check(&h, producer.Client)
	if want := (producer.Appended{BaseOffset: base, LastOffset: base + int64(h.LastOffsetDelta), Timestamp: 1000 + base}); err != nil || !duplicate || original != want {
		p.t.Errorf("sequence %d: %+v, duplicate %v, %v, want %+v", h.BaseSequence, original, duplicate, err, want)
	}
}

func TestSequences(t *testing.T) {
	p := &partition{t: t}
	p.write(header(1, 0, 5, 3), kafka.NoError) // a producer that is not known may begin anywhere
	p.write(header(1, 0, 8, 1), kafka.NoError)
	p.write(header(1, 0, 10, 1), kafka.OutOfOrderSequenceNumber)
	p.write(header(1, 0, 5, 2), kafka.OutOfOrderSequenceNumber) // part of a known batch
	p.write(header(1, 0, 9, 1), kafka.NoError)

	p.write(header(-1, -1, -1, 1), kafka.NoError) // no producer
	p.write(header(-1, -1, -1, 1), kafka.NoError)
	p.write(header(-2, 0, 7, 1), kafka.NoError)
	p.write(header(501, -1, 0, 1), kafka.NoError) // no epoch: any sequence
	p.write(header(501, -1, 9, 1), kafka.NoError)
	p.writeAs(producer.ClientV2, header(501, 0, 3, 1), kafka.OutOfOrderSequenceNumber) // gets an epoch: begins at 0, if V2
	p.write(header(501, 0, 3, 1), kafka.NoError)

	p.writeAs(producer.ClientV2, header(2, 0, 5, 1), kafka.OutOfOrderSequenceNumber)
	p.writeAs(producer.ClientV2, header(2, 0, 0, 1), kafka.NoError)
	p.writeAs(producer.Coordinator, header(3, 0, 0, 1), kafka.NoError)
	p.writeAs(producer.Coordinator, header(3, 0, 0, 1), kafka.NoError)
	p.writeAs(producer.Coordinator, header(3, 1, 7, 1), kafka.NoError)
	p.writeAs(producer.Coordinator, header(3, 0, 0, 1), kafka.InvalidProducerEpoch)
}

func TestEpochs(t *testing.T) {
	p := &partition{t: t}
	p.write(header(1, 1, 4, 1), kafka.NoError)
	p.write(header(1, 3, 1, 1), kafka.OutOfOrderSequenceNumber) // a new epoch begins at 0
	p.write(header(1, 3, 0, 1), kafka.NoError)                  // and may jump
	p.write(header(1, 1, 5, 1), kafka.InvalidProducerEpoch)
	p.write(header(1, 1, 4, 1), kafka.InvalidProducerEpoch) // no duplicate across epochs
	p.write(header(1, 3, 1, 1), kafka.NoError)
}

func TestDuplicatesOfTheLastFiveBatches(t *testing.T) {
	p := &partition{t: t}
	for i := range int32(6) {
		p.write(header(1, 0, 2*i, 2), kafka.NoError)
	}
	for i := range int32(5) {
		p.duplicate(header(1, 0, 2*(i+1), 2), int64(2*(i+1)))
	}
	p.write(header(1, 0, 0, 2), kafka.OutOfOrderSequenceNumber) // the sixth-last is forgotten
}

func TestSequencesWrap(t *testing.T) {
	p := &partition{t: t}
	p.write(header(1, 0, math.MaxInt32, 1), kafka.NoError)
	p.write(header(1, 0, 0, 1), kafka.NoError)
	p.write(header(2, 0, math.MaxInt32, 3), kafka.NoError) // inside a batch
	p.write(header(2, 0, 1, 1), kafka.OutOfOrderSequenceNumber)
	p.duplicate(header(2, 0, math.MaxInt32, 3), 2)
	p.write(header(2, 0, 2, 1), kafka.NoError)
}

func TestExpire(t *testing.T) {
	p := &partition{t: t}
	p.write(header(1, 0, 0, 1), kafka.NoError) // at 1000
	p.write(header(2, 0, 0, 1), kafka.NoError) // at 1001
	open := header(3, 0, 0, 1)
	open.Attributes = record.TransactionalBit
	p.write(open, kafka.NoError)

	p.state.Expire(2000, 1000)
	if list := p.state.Producers(); len(list) != 2 || list[0].ID != 2 {
		t.Fatalf("left are %+v", list)
	}
	p.state.Expire(9000, 1000)
	if list := p.state.Producers(); len(list) != 1 || list[0].ID != 3 {
		t.Fatalf("left are %+v, want the one with the open transaction", list)
	}
	p.write(header(1, 0, 77, 1), kafka.NoError) // forgotten, so any sequence goes
}

func TestNeeded(t *testing.T) {
	p := &partition{t: t}
	p.write(header(1, 0, 0, 3), kafka.NoError)
	p.write(header(1, 0, 3, 2), kafka.NoError)
	f := func(id kafka.ProducerID, lastOffset int64, want bool) {
		t.Helper()
		h := header(id, 0, 0, 1)
		h.BaseOffset = lastOffset
		if got := p.state.Needed(&h); got != want {
			t.Errorf("the batch of producer %d at %d is needed: %v", id, lastOffset, got)
		}
	}
	f(1, 4, true)
	f(1, 2, false)
	f(2, 4, false)

	marker := header(1, 0, -1, 1)
	marker.Attributes, marker.BaseOffset = record.TransactionalBit|record.ControlBit, 5
	if p.state.Needed(&marker) {
		t.Error("a marker is needed although a batch has the last sequence number")
	}
	p.state.UpdateMarker(record.Marker{ProducerID: 1, ProducerEpoch: 1}, 6)
	if p.state.Needed(&marker) {
		t.Error("the marker of an older epoch is needed")
	}
	marker.ProducerEpoch, marker.BaseOffset = 1, 6
	if !p.state.Needed(&marker) {
		t.Error("the marker that began the epoch is not needed")
	}
}

func TestSteadyPathDoesNotAllocate(t *testing.T) {
	var state producer.State
	var sequence int32
	offset := int64(0)
	step := func() {
		h := header(1, 0, sequence, 3)
		h.BaseOffset, h.Attributes = offset, record.TransactionalBit
		if _, _, err := state.Check(&h, producer.Client); err != nil {
			t.Fatal(err)
		}
		state.Update(&h)
		m := record.Marker{ProducerID: 1, Type: record.ControlCommit}
		if err := state.CheckMarker(m, false); err != nil {
			t.Fatal(err)
		}
		state.UpdateMarker(m, offset+3)
		state.AdvanceHighWatermark(offset + 4)
		state.FirstUnstableOffset()
		sequence += 3
		offset += 4
	}
	step()
	if allocs := testing.AllocsPerRun(100, step); allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

func BenchmarkCheckUpdate(b *testing.B) {
	var state producer.State
	var sequence int32
	b.ReportAllocs()
	for b.Loop() {
		h := header(1, 0, sequence, 1)
		if _, _, err := state.Check(&h, producer.Client); err != nil {
			b.Fatal(err)
		}
		state.Update(&h)
		sequence = (sequence + 1) & math.MaxInt32
	}
}
