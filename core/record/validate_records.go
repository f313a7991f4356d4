package record

import (
	"fmt"
	"strings"

	"github.com/jackdawmq/jackdaw/core/kafka"
)

// MaxRecordErrors bounds the record errors of one batch. Kafka lists every refused record, so that a small request can
// ask for a huge response.
const MaxRecordErrors = 1000

// RecordError says why one record made its batch fail (KIP-467).
type RecordError struct {
	BatchIndex int32 // of the record in its batch
	Message    string
}

// recordPass is the one walk over the records of a batch.
type recordPass struct {
	options *ValidateOptions
	header  Header
	now     int64

	maxTimestamp int64
	maxOffset    int32
	errors       []RecordError
	refused      int
	badTimestamp bool
	nullKey      string // the message, built once
}

func (p *recordPass) run(records *Records) error {
	// A batch that is rebuilt gets new offset deltas, and Kafka does not look at those of uncompressed records. In a
	// batch that is stored compressed nobody could correct them.
	consecutive := p.header.Codec() != None && !p.options.rebuilds(&p.header)
	gap := false
	createTime := p.options.TimestampType == CreateTime
	var r Record
	for i := int32(0); records.Next(&r); i++ {
		gap = gap || consecutive && r.OffsetDelta != i
		timestamp := p.header.RecordTimestamp(&r)
		p.check(i, &r, timestamp)
		if createTime && timestamp > p.maxTimestamp {
			p.maxTimestamp, p.maxOffset = timestamp, i
		}
	}
	if err := records.Err(); err != nil {
		return err
	}
	if err := p.verdict(); err != nil {
		return err
	}
	if gap {
		return invalid("offset deltas of compressed records are not consecutive")
	}
	return nil
}

// check applies the topic's rules to one record: its key first, then its timestamp, one error at most.
func (p *recordPass) check(i int32, r *Record, timestamp int64) {
	o := p.options
	switch {
	case o.Compacted && r.Key == nil:
		p.refuse(i, r, timestamp, nullKey)
	case o.TimestampType == CreateTime && timestamp != NoTimestamp:
		// The age wraps around as Kafka's arithmetic does.
		if age := p.now - timestamp; age > o.TimestampBefore || -age > o.TimestampAfter {
			p.refuse(i, r, timestamp, timestampRange)
		}
	case p.header.IsLogAppendTime():
		p.refuse(i, r, timestamp, timestampType)
	}
}

// refusal is a reason for which a record is refused.
type refusal int

const (
	nullKey refusal = iota
	timestampRange
	timestampType
)

func (p *recordPass) refuse(i int32, r *Record, timestamp int64, why refusal) {
	p.refused++
	p.badTimestamp = p.badTimestamp || why != nullKey
	if len(p.errors) < MaxRecordErrors {
		p.errors = append(p.errors, RecordError{BatchIndex: i, Message: p.message(r, timestamp, why)})
	}
}

// message words a refusal as Kafka does.
func (p *recordPass) message(r *Record, timestamp int64, why refusal) string {
	o, offset := p.options, p.header.RecordOffset(r)
	switch why {
	case nullKey:
		if p.nullKey == "" {
			p.nullKey = "Compacted topic cannot accept message without key in topic partition " + o.TopicPartition.String()
		}
		return p.nullKey
	case timestampRange:
		return fmt.Sprintf("Timestamp %d of message with offset %d is out of range. The timestamp should be within [%d, %d]",
			timestamp, offset, p.now-o.TimestampBefore, p.now+o.TimestampAfter)
	default:
		kind, null := "DefaultRecord", 0
		if p.header.Codec() != None && !o.rebuilds(&p.header) {
			kind, null = "PartialDefaultRecord", -1 // Kafka skips keys and values here
		}
		return fmt.Sprintf("Invalid timestamp type in message %s(offset=%d, timestamp=%d, key=%d bytes, value=%d bytes). "+
			"Producer should not set timestamp type to LogAppendTime.", kind, offset, timestamp, sizeOr(r.Key, null), sizeOr(r.Value, null))
	}
}

// sizeOr returns the length of a field, or what stands for null.
func sizeOr(field []byte, null int) int {
	if field == nil {
		return null
	}
	return len(field)
}

// verdict turns refused records into the batch's error, in Kafka's words.
func (p *recordPass) verdict() error {
	if p.refused == 0 {
		return nil
	}
	if p.badTimestamp {
		return kafka.Errorf(kafka.InvalidTimestamp, "One or more records have been rejected due to invalid timestamp")
	}
	var shown []string
	for _, e := range p.errors[:min(3, len(p.errors))] {
		shown = append(shown, fmt.Sprintf("RecordError(batchIndex=%d, message='%s')", e.BatchIndex, e.Message))
	}
	return kafka.Errorf(kafka.InvalidRecord, "One or more records have been rejected due to %d record errors in total, "+
		"and only showing the first three errors at most: [%s]", p.refused, strings.Join(shown, ", "))
}
