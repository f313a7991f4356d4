package record

import (
	"encoding/binary"

	"github.com/jackdawmq/jackdaw/core/kafka"
)

// HeaderSize is the length of a batch header in bytes: what precedes the records of a version 2 batch.
const HeaderSize = 61

// LogOverhead is the length of a batch's first two fields, base offset and length, which the length does not count.
const LogOverhead = 12

// Attribute bits of a batch.
const (
	CodecMask        = 0x07
	LogAppendTimeBit = 1 << 3
	TransactionalBit = 1 << 4
	ControlBit       = 1 << 5
	DeleteHorizonBit = 1 << 6
)

// Positions of header fields in a batch.
const (
	lengthPosition       = 8
	leaderEpochPosition  = 12
	magicPosition        = 16
	crcPosition          = 17
	attributesPosition   = 21 // the CRC covers everything from here
	maxTimestampPosition = 35
)

const (
	currentMagic = 2
	// NoTimestamp stands where a record or a batch has no timestamp.
	NoTimestamp int64 = -1
	// NoSequence is the base sequence of batches without a producer, and of transaction markers.
	NoSequence int32 = -1
)

// Header is the decoded header of a version 2 record batch.
type Header struct {
	BaseOffset      int64
	Length          int32 // bytes after the length field; the batch takes LogOverhead more
	LeaderEpoch     kafka.LeaderEpoch
	Magic           int8
	CRC             uint32 // CRC-32C of everything from Attributes to the end
	Attributes      int16
	LastOffsetDelta int32
	BaseTimestamp   int64 // milliseconds; the delete horizon when DeleteHorizonBit is set
	MaxTimestamp    int64 // milliseconds
	ProducerID      kafka.ProducerID
	ProducerEpoch   kafka.ProducerEpoch
	BaseSequence    int32
	Count           int32
}

// Parse decodes the header at the start of b into h. It checks nothing but the length of b: the fields can hold anything.
func (h *Header) Parse(b []byte) error {
	if len(b) < HeaderSize {
		return ErrShort
	}
	be := binary.BigEndian
	h.BaseOffset = int64(be.Uint64(b))
	h.Length = int32(be.Uint32(b[8:]))
	h.LeaderEpoch = kafka.LeaderEpoch(be.Uint32(b[12:]))
	h.Magic = int8(b[magicPosition])
	h.CRC = be.Uint32(b[17:])
	h.Attributes = int16(be.Uint16(b[21:]))
	h.LastOffsetDelta = int32(be.Uint32(b[23:]))
	h.BaseTimestamp = int64(be.Uint64(b[27:]))
	h.MaxTimestamp = int64(be.Uint64(b[35:]))
	h.ProducerID = kafka.ProducerID(be.Uint64(b[43:]))
	h.ProducerEpoch = kafka.ProducerEpoch(be.Uint16(b[51:]))
	h.BaseSequence = int32(be.Uint32(b[53:]))
	h.Count = int32(be.Uint32(b[57:]))
	return nil
}

// LastOffset returns the offset of the batch's last record.
func (h *Header) LastOffset() int64 { return h.BaseOffset + int64(h.LastOffsetDelta) }

// Size returns the whole length of the batch in bytes.
func (h *Header) Size() int { return int(h.Length) + LogOverhead }

// IsControl reports whether the batch holds a transaction marker instead of records.
func (h *Header) IsControl() bool { return h.Attributes&ControlBit != 0 }

// IsTransactional reports whether the batch belongs to a transaction.
func (h *Header) IsTransactional() bool { return h.Attributes&TransactionalBit != 0 }

// IsLogAppendTime reports whether MaxTimestamp is the broker's clock and the timestamp of every record.
func (h *Header) IsLogAppendTime() bool { return h.Attributes&LogAppendTimeBit != 0 }

// HasDeleteHorizon reports whether BaseTimestamp is the time after which compaction may drop the batch's tombstones and
// markers (KIP-534).
func (h *Header) HasDeleteHorizon() bool { return h.Attributes&DeleteHorizonBit != 0 }

// HasProducerID reports whether an idempotent or transactional producer sent the batch.
func (h *Header) HasProducerID() bool { return h.ProducerID > kafka.NoProducerID }

// Codec returns how the records are compressed. The number may be one that no codec has.
func (h *Header) Codec() Codec { return Codec(h.Attributes & CodecMask) }

// RecordOffset returns the offset of a record of this batch.
func (h *Header) RecordOffset(r *Record) int64 { return h.BaseOffset + int64(r.OffsetDelta) }

// RecordTimestamp returns the timestamp of a record of this batch, in milliseconds.
func (h *Header) RecordTimestamp(r *Record) int64 {
	if h.IsLogAppendTime() {
		return h.MaxTimestamp
	}
	return h.BaseTimestamp + r.TimestampDelta
}

// NewHeader returns the header of a batch that has no producer, no leader epoch yet and uncompressed records: what a
// Builder starts from.
func NewHeader() Header {
	return Header{
		LeaderEpoch:   kafka.NoEpoch,
		Magic:         currentMagic,
		BaseTimestamp: NoTimestamp,
		MaxTimestamp:  NoTimestamp,
		ProducerID:    kafka.NoProducerID,
		ProducerEpoch: kafka.NoProducerEpoch,
		BaseSequence:  NoSequence,
	}
}

// put encodes the header into the first HeaderSize bytes of b.
func (h *Header) put(b []byte) {
	be := binary.BigEndian
	be.PutUint64(b, uint64(h.BaseOffset))
	be.PutUint32(b[lengthPosition:], uint32(h.Length))
	be.PutUint32(b[leaderEpochPosition:], uint32(h.LeaderEpoch))
	b[magicPosition] = byte(h.Magic)
	be.PutUint32(b[crcPosition:], h.CRC)
	be.PutUint16(b[attributesPosition:], uint16(h.Attributes))
	be.PutUint32(b[23:], uint32(h.LastOffsetDelta))
	be.PutUint64(b[27:], uint64(h.BaseTimestamp))
	be.PutUint64(b[maxTimestampPosition:], uint64(h.MaxTimestamp))
	be.PutUint64(b[43:], uint64(h.ProducerID))
	be.PutUint16(b[51:], uint16(h.ProducerEpoch))
	be.PutUint32(b[53:], uint32(h.BaseSequence))
	be.PutUint32(b[57:], uint32(h.Count))
}
