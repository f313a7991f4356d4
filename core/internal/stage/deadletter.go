package stage

import (
	"strconv"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/record"
)

// The headers that tell of a dead letter where it came from. They stand behind the record's own.
const (
	headerTopic     = "jackdaw.dlq.topic"
	headerPartition = "jackdaw.dlq.partition"
	headerSlot      = "jackdaw.dlq.slot"
	headerPlugin    = "jackdaw.dlq.plugin"
	headerCode      = "jackdaw.dlq.code"
	headerReason    = "jackdaw.dlq.reason"
)

const (
	// letterBatch is the size in bytes, before compression, at which a batch of dead letters is complete.
	letterBatch = 512 << 10
	// maxLetters bounds the dead letters of one batch, in bytes before compression: each is larger than its record.
	maxLetters = 32 << 20
)

// letters collects the dead letters of a batch.
type letters struct {
	out     []byte // complete batches
	size    int    // of all, before compression
	open    bool   // the builder has a batch behind out
	builder record.Builder
	headers []record.RecordHeader
}

// bury turns a record, as the producer sent it, into a dead letter.
func (j *Judgement) bury(s *seat, i int, code int32, reason []byte) error {
	r, q, l := j.chunk.original(i), &j.request, &j.letters
	l.headers = append(l.headers[:0], r.Headers...)
	l.header(headerTopic, []byte(q.Chain.Topic))
	l.header(headerPartition, strconv.AppendInt(nil, int64(q.Partition), 10))
	l.header(headerSlot, []byte(s.kind.String()))
	l.header(headerPlugin, []byte(s.label()))
	l.header(headerCode, strconv.AppendInt(nil, int64(code), 10))
	l.header(headerReason, reason)
	if !l.open {
		h := record.NewHeader()
		h.Attributes = int16(q.Header.Codec())
		l.builder.Reset(l.out, h)
		l.open = true
	}
	before := l.builder.Size()
	l.builder.Append(r.Timestamp, r.Key, r.Value, l.headers...)
	if l.size += l.builder.Size() - before; l.size > maxLetters {
		return kafka.Errorf(kafka.MessageTooLarge, "The records of the batch that are to go to %s have more than %d bytes",
			q.Chain.DeadLetters, maxLetters)
	}
	if l.builder.Size() < letterBatch {
		return nil
	}
	return l.finish()
}

func (l *letters) header(key string, value []byte) {
	l.headers = append(l.headers, record.RecordHeader{Key: []byte(key), Value: value})
}

// finish completes the batch that is open.
func (l *letters) finish() (err error) {
	if l.open {
		l.open = false
		l.out, err = l.builder.Finish()
	}
	return err
}
