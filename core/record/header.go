package record

import (
	"encoding/binary"
	"errors"

	"github.com/jackdawmq/jackdaw/core/kafka"
)

// HeaderSize is the length of a batch header in bytes: what precedes the records of a version 2 batch.
const HeaderSize = 61

// LogOverhead is the length of a batch's first two fields, base offset and length, which the length does not count.
const LogOverhead = 12

// Attribute bits of a batch.
const (
	CodecMask         = 0x07
	LogAppendTimeBit  = 1 << 3
	TransactionalBit  = 1 << 4
	ControlBit        = 1 << 5
	DeleteHorizonBit  = 1 << 6
	currentMagic      = 2
	magicPosition     = 16
	minimumBatchBytes = HeaderSize
)

// ErrShort says that there are not enough bytes for a batch header, or for the batch that the header announces.
var ErrShort = errors.New("record: batch is cut short")

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
