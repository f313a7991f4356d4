package record

import (
	"fmt"
	"math"

	"github.com/jackdawmq/jackdaw/core/kafka"
)

// Builder makes one batch at a time, appended to the caller's buffer:
//
//	var b record.Builder
//	b.Reset(dst, header)
//	b.Append(timestamp, key, value)
//	dst, err = b.Finish()
//
// The zero Builder is ready for Reset. Builders may be reused; they are not safe for concurrent use.
type Builder struct {
	// Level is the compression level for the header's codec, or DefaultLevel.
	Level int

	header  Header
	dst     []byte
	start   int     // of the batch in dst
	records []byte  // encoded records: in dst when there is no codec, else in scratch
	scratch *buffer // nil without a codec
	next    int32   // offset delta of the next appended record
	max     int64   // largest timestamp
	failed  bool    // a field was too large
}

// Reset begins a batch behind dst. h gives what a batch has beside its records: base offset, leader epoch, producer id,
// epoch and base sequence, attributes with the codec, and where they matter:
//
//   - LastOffsetDelta: kept when it is larger than the last record's, as compaction must.
//   - BaseTimestamp: kept with DeleteHorizonBit, else the first record's timestamp.
//   - MaxTimestamp: kept with LogAppendTimeBit or without records, else the largest of the records.
//
// Length, CRC and Count are computed. Start from NewHeader, or from the header of a batch to be rewritten.
func (b *Builder) Reset(dst []byte, h Header) {
	b.discard()
	b.header, b.start = h, len(dst)
	b.next, b.max, b.failed = 0, NoTimestamp, false
	b.header.Count, b.header.Magic = 0, currentMagic
	b.dst = append(dst, make([]byte, HeaderSize)...)
	if h.Codec() == None {
		b.records = b.dst
	} else {
		b.scratch = newBuffer()
		b.records = b.scratch.b
	}
}

// Append adds a record with the next offset. timestamp is in milliseconds. A nil key or value is null. Nothing is kept.
func (b *Builder) Append(timestamp int64, key, value []byte, headers ...RecordHeader) {
	b.AppendAt(b.next, timestamp, key, value, headers...)
}

// AppendAt is Append with an offset delta of the caller's choice: what is left of a batch keeps its offsets. Deltas must
// ascend.
func (b *Builder) AppendAt(delta int32, timestamp int64, key, value []byte, headers ...RecordHeader) {
	size := 0
	for _, h := range headers {
		size += varintSize(int64(len(h.Key))) + len(h.Key) + fieldSize(h.Value)
	}
	r := Record{OffsetDelta: delta, Key: key, Value: value, HeaderCount: len(headers)}
	b.begin(timestamp, &r, size)
	for _, h := range headers {
		b.records = appendVarint(b.records, int64(len(h.Key)))
		b.records = append(b.records, h.Key...)
		b.records = appendField(b.records, h.Value)
	}
}

// Retain copies a record of another batch, whose header is from, with its offset delta, timestamp and headers. Deltas
// must ascend.
func (b *Builder) Retain(from *Header, r *Record) {
	b.retain(from, r, r.OffsetDelta)
}

func (b *Builder) retain(from *Header, r *Record, delta int32) {
	moved := *r
	moved.OffsetDelta = delta
	b.begin(from.RecordTimestamp(r), &moved, len(r.headers))
	b.records = append(b.records, r.headers...)
}

// begin encodes a record up to its headers, which take headerBytes.
func (b *Builder) begin(timestamp int64, r *Record, headerBytes int) {
	if b.header.Count == 0 && !b.header.HasDeleteHorizon() {
		b.header.BaseTimestamp = timestamp
	}
	delta := timestamp - b.header.BaseTimestamp
	size := 1 + varintSize(delta) + varintSize(int64(r.OffsetDelta)) + fieldSize(r.Key) + fieldSize(r.Value) +
		varintSize(int64(r.HeaderCount)) + headerBytes
	if size > math.MaxInt32 || b.header.Count == math.MaxInt32 {
		b.failed = true
	}
	p := appendVarint(b.records, int64(size))
	p = append(p, 0) // record attributes: none are defined
	p = appendVarint(p, delta)
	p = appendVarint(p, int64(r.OffsetDelta))
	p = appendField(p, r.Key)
	p = appendField(p, r.Value)
	b.records = appendVarint(p, int64(r.HeaderCount))
	b.header.Count++
	b.header.LastOffsetDelta = max(b.header.LastOffsetDelta, r.OffsetDelta)
	b.next = r.OffsetDelta + 1
	b.max = max(b.max, timestamp)
}

// Size returns the length of the batch so far, before compression, in bytes.
func (b *Builder) Size() int {
	if b.scratch != nil {
		return HeaderSize + len(b.records)
	}
	return len(b.records) - b.start
}

// Finish completes the batch and returns the buffer given to Reset, or what it grew to, with the batch behind what it
// held. Without records it makes an empty batch, which compaction keeps for a producer's last sequence number. It fails
// when the batch exceeds 2 GiB, with MESSAGE_TOO_LARGE, and when the header names no codec.
func (b *Builder) Finish() ([]byte, error) {
	defer b.discard()
	h := &b.header
	switch {
	case h.Count == 0:
		h.Attributes &^= CodecMask | DeleteHorizonBit
		h.BaseTimestamp = NoTimestamp
	case !h.IsLogAppendTime():
		h.MaxTimestamp = b.max
	}
	out := b.records
	if b.scratch != nil {
		b.scratch.b = b.records
		out = b.dst
		if h.Count > 0 {
			var err error
			if out, err = compress(b.dst, b.records, h.Codec(), b.Level); err != nil {
				return b.dst[:b.start], err
			}
		}
	}
	length := len(out) - b.start - LogOverhead
	if length > math.MaxInt32 || b.failed {
		return out[:b.start], fmt.Errorf("record: batch of %d bytes: %w", length, kafka.MessageTooLarge)
	}
	h.Length = int32(length)
	h.put(out[b.start:])
	Batch(out[b.start:]).sign()
	return out, nil
}

// discard gives scratch memory back and forgets the caller's buffer.
func (b *Builder) discard() {
	if b.scratch != nil {
		b.scratch.free()
	}
	b.scratch, b.records, b.dst = nil, nil, nil
}

// appendField appends a length and the bytes; nil is null.
func appendField(dst, field []byte) []byte {
	if field == nil {
		return append(dst, 1) // varint -1
	}
	return append(appendVarint(dst, int64(len(field))), field...)
}

func fieldSize(field []byte) int {
	if field == nil {
		return 1
	}
	return varintSize(int64(len(field))) + len(field)
}
