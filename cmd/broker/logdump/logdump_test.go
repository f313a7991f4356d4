package logdump_test

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jackdawmq/jackdaw/cmd/broker/logdump"
	"github.com/jackdawmq/jackdaw/core/record"
)

const segmentName = "00000000000000000100.log"

// batch builds a batch of records with these values.
func batch(t *testing.T, base int64, codec record.Codec, values ...string) []byte {
	t.Helper()
	h := record.NewHeader()
	h.Attributes |= int16(codec)
	var b record.Builder
	b.Reset(nil, h)
	for i, v := range values {
		b.Append(1000+int64(i), []byte("k"), []byte(v), record.RecordHeader{Key: []byte("h"), Value: []byte("x")})
	}
	raw, err := b.Finish()
	if err != nil {
		t.Fatal(err)
	}
	record.Batch(raw).SetBaseOffset(base)
	return raw
}

func write(t *testing.T, name string, parts ...[]byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, slices.Concat(parts...), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// read returns all batches and the values of their records.
func read(path string) (batches []logdump.Batch, values []string, err error) {
	for b, err := range logdump.Batches(path) {
		if err != nil {
			return batches, values, err
		}
		batches = append(batches, b)
		err = b.Records(func(r logdump.Record) error {
			values = append(values, string(r.Value))
			return nil
		})
		if err != nil {
			return batches, values, err
		}
	}
	return batches, values, nil
}

func TestBatches(t *testing.T) {
	first, second := batch(t, 100, record.None, "a", "b"), batch(t, 105, record.Zstd, "c")
	batches, values, err := read(write(t, segmentName, first, second))
	if err != nil || !slices.Equal(values, []string{"a", "b", "c"}) {
		t.Fatal(values, err)
	}
	got := batches[1]
	if got.Position != int64(len(first)) || got.BaseOffset != 105 || got.LastOffset != 105 || got.Codec != "zstd" || got.MaxTimestamp != 1000 || got.Fault != "" {
		t.Errorf("%+v", got)
	}
}

func TestControlRecords(t *testing.T) {
	raw, err := record.Marker{ProducerID: 7, Type: record.ControlCommit, Timestamp: 5}.AppendTo(nil)
	if err != nil {
		t.Fatal(err)
	}
	for b, err := range logdump.Batches(write(t, segmentName, raw)) {
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(b.Flags, []string{"transactional", "control"}) || b.ProducerID != 7 {
			t.Errorf("%+v", b)
		}
		err := b.Records(func(r logdump.Record) error {
			if r.Control != "commit" {
				t.Errorf("%+v", r)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func TestDamage(t *testing.T) {
	good := batch(t, 100, record.None, "a")
	corrupt := slices.Clone(good)
	corrupt[len(corrupt)-1] ^= 1
	huge := slices.Clone(good)
	binary.BigEndian.PutUint32(huge[8:], 1<<30)
	for name, c := range map[string]struct {
		second []byte
		want   string
	}{
		"cut short":       {good[:len(good)-3], "are left: record: batch is cut short"},
		"cut in header":   {good[:20], "record: batch is cut short"},
		"zeros":           {make([]byte, 200), "only zeros follow"},
		"too long":        {huge, "a batch of 1073741836 bytes is announced"},
		"negative length": {slices.Concat(make([]byte, 8), []byte{0xff, 0xff, 0xff, 0xff}, good[12:]), "record"},
	} {
		path := write(t, segmentName, good, c.second)
		batches, _, err := read(path)
		if len(batches) != 1 || err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %d batches, %v", name, len(batches), err)
		}
		if err != nil && !strings.Contains(err.Error(), path+" at position ") {
			t.Errorf("%s: the error does not say where: %v", name, err)
		}
	}
	for b := range logdump.Batches(write(t, segmentName, corrupt)) {
		if b.Fault == "" {
			t.Error("a wrong checksum was not reported")
		}
	}
}

func TestIndexes(t *testing.T) {
	be := binary.BigEndian
	index := be.AppendUint32(be.AppendUint32(nil, 5), 4096)
	entries, err := logdump.Index(write(t, "00000000000000000100.index", index, make([]byte, 16)))
	if err != nil || !slices.Equal(entries, []logdump.IndexEntry{{Offset: 105, Position: 4096}}) {
		t.Error(entries, err)
	}
	times, err := logdump.TimeIndex(write(t, "00000000000000000100.timeindex", be.AppendUint32(be.AppendUint64(nil, 777), 5)))
	if err != nil || !slices.Equal(times, []logdump.TimeEntry{{Timestamp: 777, Offset: 105}}) {
		t.Error(times, err)
	}
	aborted := be.AppendUint64(be.AppendUint64(be.AppendUint64(be.AppendUint64([]byte{0, 0}, 7), 100), 110), 99)
	transactions, err := logdump.TransactionIndex(write(t, "00000000000000000100.txnindex", aborted))
	if err != nil || len(transactions) != 1 || transactions[0] != (logdump.AbortedTransaction{ProducerID: 7, FirstOffset: 100, LastOffset: 110, LastStableOffset: 99}) {
		t.Error(transactions, err)
	}
	if _, err := logdump.Index(write(t, "00000000000000000100.index", index, []byte{1})); err == nil {
		t.Error("half an entry was accepted")
	}
	if _, err := logdump.Index(write(t, "x.index", index)); err == nil {
		t.Error("a file without an offset in its name was accepted")
	}
}

func TestSnapshot(t *testing.T) {
	// What Apache Kafka 4.3.1 wrote when it rolled a partition.
	raw, err := hex.DecodeString("0001699f23e500000002000000000000000b000000000000000000000000000000000000000001a20495547bffffffffffff" +
		"ffffffffffff000000000000000c000000000000000000000000000100000000000001a204955497ffffffffffffffffffff" +
		"ffff")
	if err != nil {
		t.Fatal(err)
	}
	const name = "00000000000000000002.snapshot"
	want := []logdump.ProducerEntry{
		{ProducerID: 11, Epoch: 0, LastSequence: 0, LastOffset: 0, OffsetDelta: 0, Timestamp: 1795373225083, CoordinatorEpoch: -1, TxnFirstOffset: -1},
		{ProducerID: 12, Epoch: 0, LastSequence: 0, LastOffset: 1, OffsetDelta: 0, Timestamp: 1795373225111, CoordinatorEpoch: -1, TxnFirstOffset: -1},
	}
	if got, err := logdump.Snapshot(write(t, name, raw)); err != nil || !slices.Equal(got, want) {
		t.Error(got, err)
	}
	damaged := slices.Clone(raw)
	damaged[len(damaged)-1] ^= 1
	for _, bad := range [][]byte{damaged, raw[:len(raw)-1], raw[:3], {}} {
		if _, err := logdump.Snapshot(write(t, name, bad)); err == nil {
			t.Errorf("%x was accepted", bad)
		}
	}
	if _, err := logdump.Snapshot("/does/not/exist"); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func FuzzFiles(f *testing.F) {
	h := record.NewHeader()
	var b record.Builder
	b.Reset(nil, h)
	b.Append(1, []byte("k"), []byte("v"))
	raw, err := b.Finish()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add(make([]byte, 100))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(dir, segmentName)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		_, _, _ = read(path)
		_, _ = logdump.Index(path)
		_, _ = logdump.TimeIndex(path)
		_, _ = logdump.TransactionIndex(path)
		_, _ = logdump.Snapshot(path)
	})
}
