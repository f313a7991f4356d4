package record

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/jackdawmq/jackdaw/core/kafka"
)

// defaultDecompressLimit bounds the decompressed records of one batch where nothing else is configured, in bytes.
const defaultDecompressLimit = 64 << 20

// ValidateOptions are a partition's rules for batches from clients, resolved from its topic's configs.
type ValidateOptions struct {
	TopicPartition  kafka.TopicPartition // for messages
	MaxMessageBytes int                  // max.message.bytes; counts the whole batch
	Compacted       bool                 // cleanup.policy has compact: null keys are refused
	TimestampType   TimestampType        // message.timestamp.type
	TimestampBefore int64                // message.timestamp.before.max.ms
	TimestampAfter  int64                // message.timestamp.after.max.ms
	Codec           Codec                // compression.type; ProducerCodec keeps each batch's codec
	Level           int                  // compression.<codec>.level, for Codec
	DecompressLimit int                  // bytes that the records of one batch may take; 0 is 64 MiB
	Places          chan struct{}        // for batches with large records: see Batch.Open
}

// DefaultValidateOptions returns the rules of a topic without configs.
func DefaultValidateOptions(tp kafka.TopicPartition) ValidateOptions {
	return ValidateOptions{
		TopicPartition:  tp,
		MaxMessageBytes: 1048588,
		TimestampBefore: math.MaxInt64,
		TimestampAfter:  3600000,
		Codec:           ProducerCodec,
	}
}

// Result is what Validate found. With an error only RecordErrors is set.
type Result struct {
	// Batch is ready to be appended once it has its base offset and leader epoch. It is the client's own bytes, with
	// timestamps patched where they must be, unless Rebuilt.
	Batch  Batch
	Header Header // of Batch
	// MaxTimestampOffset is the offset, relative to the base offset, of the first record with the largest timestamp.
	MaxTimestampOffset int32
	// LogAppendTime is the response's LogAppendTimeMs: -1 unless the topic's timestamp type is LogAppendTime.
	LogAppendTime int64
	// Rebuilt says that Batch is new memory, because the topic's codec is another one than the client's.
	Rebuilt bool
	// RecordErrors names the records that were refused, at most MaxRecordErrors of them.
	RecordErrors []RecordError
}

// Validate checks a Produce request's records for one partition by Kafka's rules (UnifiedLog, LogValidator) and makes them
// ready for the log. now is the broker's clock in milliseconds. An uncompressed batch is walked once, in place and without
// allocating; a compressed one is decompressed into a pooled buffer and walked there. The error carries the code to
// answer, and the message where Kafka has one.
func Validate(b []byte, o *ValidateOptions, now int64) (Result, error) {
	var records Records
	defer records.Close()
	return o.validate(b, now, &records)
}

// ValidateOpen is Validate for a caller that goes on with the records of the batch: they come decompressed, before the
// first one, and the caller closes them, with an error too.
func ValidateOpen(b []byte, o *ValidateOptions, now int64) (Result, Records, error) {
	var records Records
	result, err := o.validate(b, now, &records)
	if err == nil && result.Rebuilt {
		records.Close()
		records, err = result.Batch.Open(o.Limit(), o.Places)
	}
	records.Rewind()
	return result, records, err
}

// validate leaves the client's records open.
func (o *ValidateOptions) validate(b []byte, now int64, records *Records) (Result, error) {
	batch, err := Single(b)
	if err != nil {
		return Result{}, err
	}
	h := batch.Header()
	if err := o.checkBatch(batch, &h); err != nil {
		return Result{}, err
	}
	if *records, err = batch.Open(o.Limit(), o.Places); err != nil {
		return Result{}, err
	}
	pass := recordPass{options: o, header: h, now: now, maxTimestamp: NoTimestamp}
	if err := pass.run(records); err != nil {
		return Result{RecordErrors: pass.errors}, err
	}
	result := Result{Batch: batch, LogAppendTime: NoTimestamp, MaxTimestampOffset: pass.maxOffset}
	timestamp := pass.maxTimestamp
	if o.TimestampType == LogAppendTime {
		timestamp, result.LogAppendTime, result.MaxTimestampOffset = now, now, 0
	}
	if o.rebuilds(&h) {
		result.Rebuilt = true
		if result.Batch, err = o.rebuild(&h, records); err != nil {
			return Result{}, err
		}
		if err := o.checkSize(result.Batch); err != nil {
			return Result{}, err
		}
	}
	result.Batch.SetMaxTimestamp(o.TimestampType, timestamp)
	result.Header = result.Batch.Header()
	return result, nil
}

// Limit returns how many bytes the decompressed records of a batch may take.
func (o *ValidateOptions) Limit() int {
	if o.DecompressLimit == 0 {
		return defaultDecompressLimit
	}
	return o.DecompressLimit
}

// Single returns the only batch in a Produce request's records. None, a second one, or an old message format are
// INVALID_RECORD; a header that can't be one is CORRUPT_MESSAGE and ErrUnreadable. An incomplete batch at the end is
// ignored, as in Kafka. It checks no CRC.
func Single(b []byte) (Batch, error) {
	batch, rest, err := produced(b)
	if err != nil {
		return nil, err
	}
	if batch == nil {
		return nil, invalid("records hold no whole batch")
	}
	if second, _, err := produced(rest); err != nil {
		return nil, err
	} else if second != nil {
		return nil, invalid("records hold more than one batch")
	}
	if batch[magicPosition] != currentMagic {
		return nil, invalid("records have the old format %d", batch[magicPosition])
	}
	if len(batch) < HeaderSize {
		return nil, fmt.Errorf("record: batch of %d bytes: %w", len(batch), kafka.CorruptMessage)
	}
	return batch, nil
}

// produced cuts the first batch of any format off b. It returns nil when b holds no whole one.
func produced(b []byte) (batch Batch, rest []byte, err error) {
	const minimum = 14 // what the smallest message of the oldest format counts
	if len(b) < LogOverhead {
		return nil, nil, nil
	}
	length := int32(binary.BigEndian.Uint32(b[lengthPosition:]))
	if length < minimum {
		return nil, nil, unreadable("Record size %d is less than the minimum record overhead (%d)", length, minimum)
	}
	if len(b) <= magicPosition {
		return nil, nil, nil
	}
	if magic := int8(b[magicPosition]); magic < 0 || magic > currentMagic {
		return nil, nil, unreadable("Invalid magic found in record: %d", magic)
	}
	if int64(length) > int64(len(b)-LogOverhead) {
		return nil, nil, nil
	}
	size := int(length) + LogOverhead
	return b[:size:size], b[size:], nil
}

// checkBatch checks what the batch's header says.
func (o *ValidateOptions) checkBatch(batch Batch, h *Header) error {
	if h.BaseOffset != 0 {
		return invalid("base offset is %d instead of 0", h.BaseOffset)
	}
	if err := o.checkSize(batch); err != nil {
		return err
	}
	if err := batch.VerifyCRC(); err != nil {
		return err
	}
	switch {
	case h.Count <= 0 || int64(h.LastOffsetDelta)+1 != int64(h.Count):
		return invalid("batch counts %d records and its last offset delta is %d", h.Count, h.LastOffsetDelta)
	case h.IsControl():
		return invalid("clients are not allowed to write control records")
	case h.HasProducerID() && h.BaseSequence < 0:
		return invalid("producer %d sent the sequence number %d", h.ProducerID, h.BaseSequence)
	}
	return nil
}

func (o *ValidateOptions) checkSize(batch Batch) error {
	if len(batch) > o.MaxMessageBytes {
		return fmt.Errorf("record: batch of %d bytes exceeds max.message.bytes %d: %w", len(batch), o.MaxMessageBytes, kafka.MessageTooLarge)
	}
	return nil
}

// rebuilds reports whether the topic wants another codec than the batch has.
func (o *ValidateOptions) rebuilds(h *Header) bool {
	return o.Codec != ProducerCodec && o.Codec != h.Codec()
}

// rebuild encodes the records again with the topic's codec and with consecutive offsets. The producer's id, epoch and
// sequence stay.
func (o *ValidateOptions) rebuild(h *Header, records *Records) (Batch, error) {
	to := *h
	to.Attributes = to.Attributes&^(CodecMask|LogAppendTimeBit|DeleteHorizonBit) | int16(o.Codec)
	b := Builder{Level: o.Level}
	b.Reset(make([]byte, 0, len(records.all)+HeaderSize), to)
	records.Rewind()
	var r Record
	for delta := int32(0); records.Next(&r); delta++ {
		b.retain(h, &r, delta)
	}
	if err := records.Err(); err != nil {
		return nil, err
	}
	return b.Finish()
}

// invalid builds an error with INVALID_RECORD and no message for the client.
func invalid(format string, args ...any) error {
	return fmt.Errorf("record: %s: %w", fmt.Sprintf(format, args...), kafka.InvalidRecord)
}
