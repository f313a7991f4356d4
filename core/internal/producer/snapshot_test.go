package producer_test

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash/crc32"
	"slices"
	"testing"

	"github.com/jackdawmq/jackdaw/core/internal/producer"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/record"
)

// Two producers, the second with an open transaction, in the layout of Kafka's ProducerSnapshot version 1.
const goldenSnapshot = "0001" + "CRCCRCCR" + "00000002" +
	"0000000000000001" + "0000" + "00000004" + "0000000000000004" + "00000001" + "00000000000003eb" + "ffffffff" + "ffffffffffffffff" +
	"0000000000000002" + "0000" + "00000000" + "0000000000000005" + "00000000" + "00000000000003ed" + "ffffffff" + "0000000000000005"

func snapshotted(t *testing.T) *partition {
	p := &partition{t: t}
	p.write(header(1, 0, 0, 3), kafka.NoError)
	p.write(header(1, 0, 3, 2), kafka.NoError)
	p.write(transactional(2, 0, 1), kafka.NoError)
	return p
}

func TestSnapshotGoldenBytes(t *testing.T) {
	var empty producer.State
	if got := hex.EncodeToString(empty.Snapshot()); got != "0001"+"48674bc7"+"00000000" {
		t.Errorf("the empty snapshot is %s", got)
	}
	got := hex.EncodeToString(snapshotted(t).state.Snapshot())
	if got = got[:4] + "CRCCRCCR" + got[12:]; got != goldenSnapshot {
		t.Errorf("the snapshot is\n%s, want\n%s", got, goldenSnapshot)
	}
}

func TestRestore(t *testing.T) {
	before := snapshotted(t)
	p := &partition{t: t, end: before.end}
	if err := p.state.Restore(before.state.Snapshot()); err != nil {
		t.Fatal(err)
	}
	if got, want := p.state.Producers(), before.state.Producers(); !slices.Equal(got, want) {
		t.Errorf("restored %+v, want %+v", got, want)
	}
	p.unstable(5)
	p.duplicate(header(1, 0, 3, 2), 3)
	p.write(header(1, 0, 0, 3), kafka.OutOfOrderSequenceNumber) // only the last batch is known after a restart
	p.write(header(1, 0, 5, 1), kafka.NoError)

	if err := p.state.Restore(nil); err != nil || p.state.Len() != 0 {
		t.Errorf("Restore(nil): %v, %d producers", err, p.state.Len())
	}
}

func TestRestoreRefusesDamage(t *testing.T) {
	good := snapshotted(t).state.Snapshot()
	for i := range good {
		bad := slices.Clone(good)
		bad[i] ^= 0x40
		p := snapshotted(t)
		if err := p.state.Restore(bad); !errors.Is(err, producer.ErrSnapshot) || p.state.Len() != 0 {
			t.Fatalf("byte %d changed: %v, %d producers left", i, err, p.state.Len())
		}
		if err := p.state.Restore(good[:i]); !errors.Is(err, producer.ErrSnapshot) {
			t.Fatalf("cut to %d bytes: %v", i, err)
		}
	}
}

func FuzzRestore(f *testing.F) {
	f.Add([]byte(nil))
	f.Add(snapshotted(new(testing.T)).state.Snapshot())
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) >= 10 { // otherwise nothing gets past the CRC
			binary.BigEndian.PutUint32(data[2:], crc32.Checksum(data[6:], crc32.MakeTable(crc32.Castagnoli)))
		}
		var state producer.State
		if err := state.Restore(data); err != nil {
			return
		}
		state.FirstUnstableOffset()
		for _, p := range state.Producers() {
			state.Needed(&record.Header{ProducerID: p.ID})
		}
		again := state.Snapshot()
		if err := state.Restore(again); err != nil {
			t.Fatal(err)
		}
	})
}
