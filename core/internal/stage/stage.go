// Package stage runs a topic's plugin chain over a produced batch, between its validation and the append: it decodes the
// records, lets partitioner, key and value serializer judge them in turn, each on what the one before left, does what the
// slots' policies say, and encodes the batch again if anything changed. Nothing is written here.
//
// Memory is bounded whatever a batch claims to hold: records go through the chain in chunks, which plugins can't notice.
package stage

import (
	"context"
	"sync"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/core/record"
)

// Request is a batch to judge. It passed record.Validate, and the caller has acquired the chain.
type Request struct {
	Chain         *plugin.Chain
	Batch         record.Batch
	Header        record.Header  // of Batch
	Records       record.Records // of Batch, before the first; they stay the caller's to close
	Partition     int32
	NumPartitions int32 // of the topic
	ClientID      string
	Now           int64 // the broker's clock in milliseconds
	Rules         *record.ValidateOptions
}

// Judgement is what a chain made of a batch. Release gives its memory back.
type Judgement struct {
	// Batch is what to append: the producer's own bytes unless Rewritten, else bytes of the Judgement. Its first and last
	// offset are those of the producer's batch.
	Batch     record.Batch
	Header    record.Header // of Batch
	Rewritten bool
	// DeadLetters are batches for the chain's dead letter topic, to be appended before Batch; empty for none.
	DeadLetters []byte
	// RecordErrors names the records for which the batch was refused, at most record.MaxRecordErrors. They outlive the
	// Judgement.
	RecordErrors []record.RecordError

	request Request
	chunk   chunk
	refusal refusal
	letters letters

	call    plugin.Batch
	keys    plugin.Outcome
	values  plugin.Outcome
	shadow  plugin.Outcome
	chosen  []int32 // by the partitioner
	second  []int32 // by its shadow
	changed bool    // a record of this chunk is not what it was
	builder record.Builder
	rebuilt []byte
}

// judgements is a cache of scratch space without any state that a caller could observe.
var judgements = sync.Pool{New: func() any { return new(Judgement) }}

// Judge runs the chain. The Judgement is never nil; the records must stay open until its release. Errors carry the code and
// the message to answer: INVALID_RECORD for rejected records, a retriable code when a plugin is not there or asks for another
// try, MESSAGE_TOO_LARGE when the batch outgrew max.message.bytes.
func Judge(ctx context.Context, q *Request) (*Judgement, error) {
	j := judgements.Get().(*Judgement)
	j.request = *q
	j.Batch, j.Header = q.Batch, q.Header
	return j, j.judge(ctx)
}

// Release ends the use of the judgement and of the batches that it owns.
func (j *Judgement) Release() {
	j.builder, j.letters.builder = record.Builder{}, record.Builder{} // also of a batch that was given up halfway
	*j = Judgement{
		chunk: j.chunk.emptied(), letters: letters{out: reusable(j.letters.out), headers: j.letters.headers[:0]},
		keys: j.keys, values: j.values, shadow: j.shadow, chosen: j.chosen, second: j.second, rebuilt: reusable(j.rebuilt),
	}
	judgements.Put(j)
}

// maxKept is the capacity in bytes above which a buffer is left to the garbage collector.
const maxKept = 4 << 20

func reusable(b []byte) []byte {
	if cap(b) > maxKept {
		return nil
	}
	return b[:0]
}

// judge takes the batch through the chain, a chunk at a time.
func (j *Judgement) judge(ctx context.Context) error {
	q := &j.request
	j.call = plugin.Batch{
		Topic: q.Chain.Topic, Partition: q.Partition, NumPartitions: q.NumPartitions, BrokerTime: q.Now, ClientID: q.ClientID,
	}
	j.chunk.transforms = transforms(q.Chain.Key) || transforms(q.Chain.Value)
	for {
		more, err := j.chunk.decode(&q.Records, &q.Header)
		if err != nil {
			return err
		}
		if !more {
			break
		}
		if err := j.runChain(ctx); err != nil {
			return err
		}
		if err := j.encode(); err != nil {
			return err
		}
	}
	return j.finish()
}

func transforms(s *plugin.Slot[plugin.Serializer]) bool {
	return s != nil && s.Policy.Mode == plugin.Transform
}

// runChain takes the chunk through the slots.
func (j *Judgement) runChain(ctx context.Context) error {
	j.changed = false
	c := j.request.Chain
	if c.Partitioner != nil {
		if err := j.partition(ctx, c.Partitioner); err != nil {
			return err
		}
	}
	if c.Key != nil && len(j.chunk.records) > 0 {
		if err := j.serialize(ctx, plugin.KindKeySerializer, c.Key, &j.keys); err != nil {
			return err
		}
	}
	if c.Value != nil && len(j.chunk.records) > 0 {
		return j.serialize(ctx, plugin.KindValueSerializer, c.Value, &j.values)
	}
	return nil
}

// encode adds the chunk to the batch that is made anew because a record changed. Until the first one does, nothing is
// made: most batches stay as they are.
func (j *Judgement) encode() error {
	if j.refusal.count > 0 || !j.changed && !j.Rewritten {
		return nil
	}
	q := &j.request
	if !j.Rewritten {
		j.Rewritten = true
		if q.Rules.Codec == q.Header.Codec() {
			j.builder.Level = q.Rules.Level
		}
		j.builder.Reset(j.rebuilt, q.Header)
		j.retain(j.chunk.first)
	}
	for i := range j.chunk.records {
		r := &j.chunk.records[i]
		if q.Rules.Compacted && r.Key == nil {
			j.refuse(nil, j.chunk.at[i], "Compacted topic cannot accept message without key in topic partition "+q.Rules.TopicPartition.String())
			continue
		}
		j.builder.AppendAt(j.chunk.at[i], r.Timestamp, r.Key, r.Value, r.Headers...)
		if size := j.builder.Size(); size > q.Rules.Limit() || size > q.Rules.MaxMessageBytes && q.Header.Codec() == record.None {
			return j.tooLarge(size)
		}
	}
	return nil
}

// retain copies the first n records of the producer's batch, which no plugin changed.
func (j *Judgement) retain(n int32) {
	records := j.request.Records
	records.Rewind()
	var r record.Record
	for i := int32(0); i < n && records.Next(&r); i++ {
		r.OffsetDelta = i // as the producer's offsets are counted, whatever an uncompressed batch says
		j.builder.Retain(&j.request.Header, &r)
	}
}

// finish completes the batch and the dead letters, or says why there is none.
func (j *Judgement) finish() (err error) {
	if j.refusal.count > 0 {
		return j.refused()
	}
	if err := j.letters.finish(); err != nil {
		return err
	}
	j.DeadLetters = j.letters.out
	if !j.Rewritten {
		return nil
	}
	if j.rebuilt, err = j.builder.Finish(); err != nil {
		return err
	}
	if len(j.rebuilt) > j.request.Rules.MaxMessageBytes {
		return j.tooLarge(len(j.rebuilt))
	}
	j.Batch = record.Batch(j.rebuilt)
	j.Header = j.Batch.Header()
	return nil
}

func (j *Judgement) tooLarge(size int) error {
	return kafka.Errorf(kafka.MessageTooLarge, "The batch that the plugins of topic %s made has %d bytes, more than max.message.bytes allows",
		j.request.Chain.Topic, size)
}
