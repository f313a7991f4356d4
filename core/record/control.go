package record

import (
	"encoding/binary"

	"github.com/jackdawmq/jackdaw/core/kafka"
)

// ControlType is what a control record means: the second field of its key.
type ControlType int16

// The control types of data partitions. A Raft log has others.
const (
	ControlAbort  ControlType = 0
	ControlCommit ControlType = 1
)

// ParseControlKey returns the type of a control record: its key is a version and the type, each an int16. Later versions may add fields behind it; an unknown type is no
// error, since readers skip it.
func ParseControlKey(key []byte) (ControlType, error) {
	if len(key) < 4 || int16(binary.BigEndian.Uint16(key)) < 0 {
		return 0, errMalformed
	}
	return ControlType(binary.BigEndian.Uint16(key[2:])), nil
}

// Marker is an end-transaction marker: a control batch of one record that ends a producer's transaction on a partition
// (KIP-98).
type Marker struct {
	ProducerID       kafka.ProducerID
	ProducerEpoch    kafka.ProducerEpoch
	Type             ControlType // ControlAbort or ControlCommit
	CoordinatorEpoch int32
	Timestamp        int64 // milliseconds
}

// AppendTo appends the marker's batch to dst. Base offset and leader epoch are left to the partition.
func (m Marker) AppendTo(dst []byte) ([]byte, error) {
	h := NewHeader()
	h.Attributes = TransactionalBit | ControlBit
	h.ProducerID, h.ProducerEpoch = m.ProducerID, m.ProducerEpoch
	var key [4]byte // version 0, type
	binary.BigEndian.PutUint16(key[2:], uint16(m.Type))
	var value [6]byte // version 0, coordinator epoch
	binary.BigEndian.PutUint32(value[2:], uint32(m.CoordinatorEpoch))
	var b Builder
	b.Reset(dst, h)
	b.Append(m.Timestamp, key[:], value[:])
	return b.Finish()
}

// ParseMarker reads the marker that a control batch holds. ok is false when the batch holds another control record.
func ParseMarker(batch Batch) (m Marker, ok bool, err error) {
	h := batch.Header()
	if !h.IsControl() || h.Codec() != None || h.Count == 0 {
		return Marker{}, false, nil
	}
	var r Record
	if _, err := r.parse(batch[HeaderSize:]); err != nil {
		return Marker{}, false, err
	}
	t, err := ParseControlKey(r.Key)
	if err != nil || t != ControlAbort && t != ControlCommit {
		return Marker{}, false, err
	}
	if len(r.Value) < 6 {
		return Marker{}, false, errMalformed
	}
	return Marker{
		ProducerID:       h.ProducerID,
		ProducerEpoch:    h.ProducerEpoch,
		Type:             t,
		CoordinatorEpoch: int32(binary.BigEndian.Uint32(r.Value[2:])),
		Timestamp:        h.RecordTimestamp(&r),
	}, true, nil
}
