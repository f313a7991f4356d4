package hostile_test

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"slices"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// batchField is a field of a batch's header: where it is and how long.
type batchField struct {
	name     string
	at, size int
}

var batchFields = []batchField{
	{"baseOffset", 0, 8}, {"batchLength", 8, 4}, {"partitionLeaderEpoch", 12, 4}, {"magic", 16, 1}, {"crc", 17, 4},
	{"attributes", 21, 2}, {"lastOffsetDelta", 23, 4}, {"baseTimestamp", 27, 8}, {"maxTimestamp", 35, 8},
	{"producerId", 43, 8}, {"producerEpoch", 51, 2}, {"baseSequence", 53, 4}, {"recordsCount", 57, 4},
}

// with returns a batch in which the field has a value.
func (f batchField) with(raw []byte, v uint64) []byte {
	out := slices.Clone(raw)
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], v)
	copy(out[f.at:f.at+f.size], b[8-f.size:])
	return out
}

// wrongValues are what each field of a header is set to.
var wrongValues = []uint64{
	0, 1, 2, 3, 7, 8, 0x10, 0x20, 0x40, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 1 << 20, math.MaxInt32, 1 << 31, math.MaxUint32,
	math.MaxInt64, 1 << 63, math.MaxUint64, math.MaxUint64 - 1,
}

// produceRaw sends records to the victim and returns the error code of the answer; gone says that there was none.
func (tg *target) produceRaw(w *wire, records []byte) (code int16, gone bool) {
	tg.t.Helper()
	return tg.produceTo(w, victimTopic, records)
}

// produceTo sends records to the first partition of a topic.
func (tg *target) produceTo(w *wire, topic string, records []byte) (code int16, gone bool) {
	tg.t.Helper()
	req := produceRequest(topic, records)
	w.send(w.frame(req))
	end, b, err := w.receive(hang)
	switch {
	case err != nil:
		tg.t.Fatal(err)
	case end == silent:
		tg.t.Fatalf("no answer in %v", hang)
	case end == closed:
		return 0, true
	}
	resp, err := decode(req, w.correlation, b)
	if err != nil {
		tg.t.Fatal(err)
	}
	return resp.(*kmsg.ProduceResponse).Topics[0].Partitions[0].ErrorCode, false
}

// Every field of a batch's header wrong, with a CRC that is right and one that is not. What the broker takes in spite of
// it must be what a strict consumer can read.
func TestBatchesWithWrongHeaders(t *testing.T) {
	tg := attack(t)
	tg.createVictim()
	w := tg.connect()
	whole := encode(newBatch())
	accepted := 0
	try := func(name string, raw []byte) {
		code, gone := tg.produceRaw(w, raw)
		if gone {
			w = tg.connect()
		} else if code == 0 {
			accepted++
		}
		if code == -1 {
			t.Errorf("%s: UNKNOWN_SERVER_ERROR", name)
		}
	}
	for _, f := range batchFields {
		for _, v := range wrongValues {
			raw := f.with(whole, v)
			try(fmt.Sprintf("%s=%x", f.name, v), raw)
			if f.name != "crc" {
				try(fmt.Sprintf("%s=%x with the right CRC", f.name, v), fixCRC(raw))
			}
		}
	}
	for cut := range whole {
		try(fmt.Sprintf("cut off at %d", cut), whole[:cut])
		if cut > crcEnd {
			short := slices.Clone(whole[:cut])
			binary.BigEndian.PutUint32(short[8:], uint32(cut-12))
			try(fmt.Sprintf("cut off at %d, with its length and CRC", cut), fixCRC(short))
		}
	}
	tg.readVictim(accepted)
}

// Bits of batches are flipped, and the CRC made right again: what is wrong is in the records.
func TestBatchesWithFlippedBits(t *testing.T) {
	tg := attack(t)
	tg.createVictim()
	w := tg.connect()
	accepted := 0
	for range scale(300, 20_000) {
		raw := encode(newBatch())
		for range 1 + tg.rand.IntN(3) {
			raw[8+tg.rand.IntN(len(raw)-8)] ^= 1 << tg.rand.IntN(8)
		}
		if tg.rand.IntN(8) > 0 {
			raw = fixCRC(raw)
		}
		code, gone := tg.produceRaw(w, raw)
		switch {
		case gone:
			w = tg.connect()
		case code == -1:
			t.Errorf("% x: UNKNOWN_SERVER_ERROR", raw)
		case code == 0:
			accepted++
		}
	}
	tg.readVictim(accepted)
}

// readVictim reads the partition that was attacked from its start to its end, and checks of every batch what consumers
// check: that it begins where the last one ended, its CRC, and that it holds as many records as it counts. n batches were
// accepted; those that repeat a producer's sequence are not appended again.
func (tg *target) readVictim(n int) {
	tg.t.Helper()
	tg.t.Logf("%d batches were accepted", n)
	w := tg.connect()
	for offset, end := int64(0), int64(1); offset < end; {
		req := fetchRequest(victimTopic, 0, 0, 0)
		req.Topics[0].Partitions[0].FetchOffset = offset
		resp, err := w.request(req)
		if err != nil {
			tg.t.Fatal(err)
		}
		p := resp.(*kmsg.FetchResponse).Topics[0].Partitions[0]
		if p.ErrorCode != 0 || len(p.RecordBatches) == 0 {
			tg.t.Fatalf("fetch from offset %d of %d: error code %d, %d bytes", offset, end, p.ErrorCode, len(p.RecordBatches))
		}
		end = p.HighWatermark
		for rest := p.RecordBatches; len(rest) > 0; {
			size := 12 + int(binary.BigEndian.Uint32(rest[8:]))
			next, err := readBatch(rest[:size], offset)
			if err != nil {
				tg.t.Fatalf("the batch at offset %d: %v", offset, err)
			}
			offset, rest = next, rest[size:]
		}
	}
}

// readBatch reads one batch as a consumer does and returns the offset behind it.
func readBatch(raw []byte, offset int64) (next int64, err error) {
	var b kmsg.RecordBatch
	if err := b.ReadFrom(raw); err != nil {
		return 0, err
	}
	if sum := crc32.Checksum(raw[crcEnd:], crc32.MakeTable(crc32.Castagnoli)); uint32(b.CRC) != sum {
		return 0, fmt.Errorf("CRC %x instead of %x", b.CRC, sum)
	}
	if b.FirstOffset != offset || b.LastOffsetDelta != b.NumRecords-1 || b.Magic != 2 {
		return 0, fmt.Errorf("base offset %d, %d records, last delta %d, magic %d", b.FirstOffset, b.NumRecords, b.LastOffsetDelta, b.Magic)
	}
	records := b.Records
	for range b.NumRecords {
		length, n := binary.Varint(records)
		if n <= 0 || length < 0 || int(length) > len(records)-n {
			return 0, fmt.Errorf("a record of %d bytes in %d", length, len(records))
		}
		var r kmsg.Record
		if err := r.ReadFrom(records[:n+int(length)]); err != nil {
			return 0, err
		}
		records = records[n+int(length):]
	}
	if len(records) > 0 {
		return 0, fmt.Errorf("%d bytes behind the last record", len(records))
	}
	return offset + int64(b.LastOffsetDelta) + 1, nil
}
