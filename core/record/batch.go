package record

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"iter"

	"github.com/jackdawmq/jackdaw/core/kafka"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Batch is one whole record batch, from its base offset to its last record. It is a view of bytes that somebody else
// owns; setters change those bytes. Next and Single make Batches; their methods rely on the length that those checked.
type Batch []byte

// TimestampType says whose clock a batch's timestamps come from.
type TimestampType int8

const (
	// CreateTime keeps the timestamps that the producer set.
	CreateTime TimestampType = 0
	// LogAppendTime gives every record the broker's time of the append.
	LogAppendTime TimestampType = 1
)

// Next cuts the first batch off b. It returns ErrShort when b ends before the batch does, as fetched data may, and an
// error that wraps ErrUnreadable when b does not begin with a version 2 batch. An empty b gives an empty batch.
func Next(b []byte) (batch Batch, rest []byte, err error) {
	if len(b) == 0 {
		return nil, nil, nil
	}
	if len(b) <= magicPosition {
		return nil, b, ErrShort
	}
	length := int32(binary.BigEndian.Uint32(b[lengthPosition:]))
	if b[magicPosition] != currentMagic {
		return nil, b, unreadable("Invalid magic found in record: %d", int8(b[magicPosition]))
	}
	if length < HeaderSize-LogOverhead {
		return nil, b, unreadable("Record size %d is less than the minimum record overhead (%d)", length, HeaderSize-LogOverhead)
	}
	if int64(length) > int64(len(b)-LogOverhead) {
		return nil, b, ErrShort
	}
	size := int(length) + LogOverhead
	return b[:size:size], b[size:], nil
}

// Batches iterates over the batches of b. An error comes last, with a nil batch: see Next.
func Batches(b []byte) iter.Seq2[Batch, error] {
	return func(yield func(Batch, error) bool) {
		for len(b) > 0 {
			batch, rest, err := Next(b)
			if !yield(batch, err) || err != nil {
				return
			}
			b = rest
		}
	}
}

// Header decodes the batch's header.
func (b Batch) Header() (h Header) {
	_ = h.Parse(b) // Next and Single made sure of the length
	return h
}

// Codec returns how the records are compressed.
func (b Batch) Codec() Codec { return Codec(b[attributesPosition+1] & CodecMask) }

// VerifyCRC returns an error with CORRUPT_MESSAGE when the batch's checksum does not match its bytes.
func (b Batch) VerifyCRC() error {
	stored, computed := binary.BigEndian.Uint32(b[crcPosition:]), crc32.Checksum(b[attributesPosition:], castagnoli)
	if stored != computed {
		return fmt.Errorf("record: stored crc %d, computed crc %d: %w", stored, computed, kafka.CorruptMessage)
	}
	return nil
}

// SetBaseOffset gives the first record its offset, and so every record. The CRC does not cover it.
func (b Batch) SetBaseOffset(offset int64) { binary.BigEndian.PutUint64(b, uint64(offset)) }

// SetLeaderEpoch stamps the epoch of the leader that appends the batch. The CRC does not cover it.
func (b Batch) SetLeaderEpoch(epoch kafka.LeaderEpoch) {
	binary.BigEndian.PutUint32(b[leaderEpochPosition:], uint32(epoch))
}

// SetMaxTimestamp sets the largest timestamp of the batch, in milliseconds, and whose clock it is from. Only when that
// changes something is the CRC computed again: a batch that was right stays as the client sent it.
func (b Batch) SetMaxTimestamp(t TimestampType, timestamp int64) {
	attributes := binary.BigEndian.Uint16(b[attributesPosition:])
	changed := attributes &^ LogAppendTimeBit
	if t == LogAppendTime {
		changed |= LogAppendTimeBit
	}
	if changed == attributes && int64(binary.BigEndian.Uint64(b[maxTimestampPosition:])) == timestamp {
		return
	}
	binary.BigEndian.PutUint16(b[attributesPosition:], changed)
	binary.BigEndian.PutUint64(b[maxTimestampPosition:], uint64(timestamp))
	b.sign()
}

// sign computes the CRC.
func (b Batch) sign() {
	binary.BigEndian.PutUint32(b[crcPosition:], crc32.Checksum(b[attributesPosition:], castagnoli))
}

// unreadable builds the error for bytes that are no batch.
func unreadable(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrUnreadable, kafka.Errorf(kafka.CorruptMessage, format, args...))
}
