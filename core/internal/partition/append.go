package partition

import (
	"math"
	"time"

	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/core/internal/producer"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/record"
)

// AppendOptions says how to append.
type AppendOptions struct {
	// Acks is what the producer asked for: -1 demands enough in-sync replicas before anything is written.
	Acks int16
	// LeaderEpoch is the epoch in which the caller believes that this broker leads; negative: any.
	LeaderEpoch kafka.LeaderEpoch
	// Internal marks batches that the broker itself built: they may hold control records, and neither topic configs nor
	// plugins apply.
	Internal bool
	// ClientID is the producer's, for plugins.
	ClientID string
}

// AppendResult is what became of a batch.
type AppendResult struct {
	BaseOffset int64
	LastOffset int64
	// LogAppendTime is the broker's time of the append in milliseconds when the topic uses it, else -1. For a duplicate
	// it is the original batch's largest timestamp, as in Kafka.
	LogAppendTime int64
	// Duplicate says that the batch was already in the log: nothing was written.
	Duplicate bool
	// RecordErrors names the records for which the batch was refused.
	RecordErrors []record.RecordError
}

// AppendAsLeader checks a produced batch, gives it its offsets in place and appends it. The log has the bytes when it
// returns: b belongs to the caller again. It does not wait for replication: Watch does. Errors carry the code to answer,
// and a message where Kafka has one.
func (p *Partition) AppendAsLeader(b []byte, o AppendOptions) (AppendResult, error) {
	failed := notAppended()
	if err := p.writable(&o); err != nil {
		return failed, err
	}
	if !o.Internal && p.chain.Load() != nil {
		return p.appendJudged(b, &o)
	}
	var checked record.Result
	var err error
	if o.Internal {
		checked, err = internalBatch(b)
	} else {
		checked, err = p.validate(b)
	}
	if err != nil {
		failed.RecordErrors = checked.RecordErrors
		return failed, err
	}
	return p.append(&checked, &o)
}

// append appends a batch that was found good.
func (p *Partition) append(checked *record.Result, o *AppendOptions) (AppendResult, error) {
	if len(checked.Batch) > p.Config().Log.SegmentBytes {
		return notAppended(), kafka.RecordListTooLarge
	}
	result, moved, err := p.appendChecked(checked, o)
	if err != nil {
		return notAppended(), err
	}
	if moved {
		p.tellMoved()
	}
	if !result.Duplicate && !o.Internal {
		p.set.Traffic.BytesIn.Add(float64(len(checked.Batch)))
		p.set.Traffic.MessagesIn.Add(float64(checked.Header.Count))
	}
	return result, nil
}

func notAppended() AppendResult {
	return AppendResult{BaseOffset: -1, LastOffset: -1, LogAppendTime: -1}
}

// validate checks a batch by the topic's rules. Compressed records are decompressed by as many goroutines as there are
// processors: more would not be faster, and each may take a lot of memory for a small batch.
func (p *Partition) validate(b []byte) (record.Result, error) {
	if isCompressed(b) {
		p.set.decompressing <- struct{}{}
		defer func() { <-p.set.decompressing }()
	}
	return record.Validate(b, p.rules.Load(), time.Now().UnixMilli())
}

func isCompressed(b []byte) bool {
	batch, err := record.Single(b)
	return err == nil && batch.Codec() != record.None
}

// writable reports whether this broker may append now.
func (p *Partition) writable(o *AppendOptions) error {
	r, err := p.leading()
	if err != nil {
		return err
	}
	if err := r.checkEpoch(o.LeaderEpoch); err != nil {
		return err
	}
	if o.Acks == -1 && p.set.Replicator.InSync(p.replicationLeader(r)) < min(p.Config().MinInSyncReplicas, r.replicas) {
		return kafka.NotEnoughReplicas
	}
	return nil
}

// internalBatch prepares a batch that a coordinator built.
func internalBatch(b []byte) (record.Result, error) {
	batch, err := record.Single(b)
	if err != nil {
		return record.Result{}, err
	}
	return record.Result{Batch: batch, Header: batch.Header(), LogAppendTime: record.NoTimestamp}, nil
}

// appendChecked is the part of an append that one goroutine at a time does. It reports whether the high watermark moved.
func (p *Partition) appendChecked(checked *record.Result, o *AppendOptions) (result AppendResult, moved bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r, err := p.leading() // again: the leader may have changed while the batch was checked
	if err != nil {
		return AppendResult{}, false, err
	}
	if err := r.checkEpoch(o.LeaderEpoch); err != nil {
		return AppendResult{}, false, err
	}
	h := &checked.Header
	origin := producer.Client
	if o.Internal {
		origin = producer.Coordinator
	}
	original, duplicate, err := p.progress.check(h, origin)
	if err != nil {
		return AppendResult{}, false, err
	}
	if duplicate {
		return duplicateOf(&original), false, nil
	}
	h.BaseOffset, h.LeaderEpoch = p.progress.end.Load(), r.epoch
	checked.Batch.SetBaseOffset(h.BaseOffset)
	checked.Batch.SetLeaderEpoch(h.LeaderEpoch)
	if err := p.write(checked.Batch, h); err != nil {
		return AppendResult{}, false, storageError(err)
	}
	moved = p.appended(r, h, checked.Batch)
	return AppendResult{BaseOffset: h.BaseOffset, LastOffset: h.LastOffset(), LogAppendTime: checked.LogAppendTime}, moved, nil
}

// duplicateOf answers a batch as the one was answered that the log has.
func duplicateOf(b *producer.Appended) AppendResult {
	return AppendResult{BaseOffset: b.BaseOffset, LastOffset: b.LastOffset, LogAppendTime: b.Timestamp, Duplicate: true}
}

// write gives the log a batch whose offsets are set. The caller holds mu.
func (p *Partition) write(batch record.Batch, h *record.Header) error {
	err := p.log.Append(batch, log.AppendInfo{
		BaseOffset: h.BaseOffset, LastOffset: h.LastOffset(), MaxTimestamp: h.MaxTimestamp, Records: int(h.Count),
	})
	if err == nil {
		p.wroteEpoch(h.LeaderEpoch)
	}
	return err
}

// rulesOf turns topic configs into the rules that produced batches are checked by.
func (s *Set) rulesOf(tp kafka.TopicPartition, c *config.Topic) *record.ValidateOptions {
	o := record.DefaultValidateOptions(tp)
	o.MaxMessageBytes = c.MaxMessageBytes
	o.Compacted = c.Log.Compact
	if c.Plugins != nil {
		o.Places = s.largeJudged
	}
	if c.LogAppendTime {
		o.TimestampType = record.LogAppendTime
	}
	o.TimestampBefore, o.TimestampAfter = limitMillis(c.TimestampBeforeMax), limitMillis(c.TimestampAfterMax)
	if codec, ok := record.ParseCodec(c.CompressionType); ok {
		o.Codec = codec
	}
	switch o.Codec {
	case record.Gzip:
		o.Level = max(c.GzipLevel, record.DefaultLevel)
	case record.LZ4:
		o.Level = c.LZ4Level
	case record.Zstd:
		o.Level = c.ZstdLevel
	}
	return &o
}

// limitMillis turns a limit into milliseconds; a negative one is none.
func limitMillis(d time.Duration) int64 {
	if d < 0 {
		return math.MaxInt64
	}
	return d.Milliseconds()
}

// Replicated reports whether the record at an offset is as widely replicated as acks=all asks for. It is done, with an
// error, when that will not come to be: this broker leads no more, or too few replicas are in sync although all of them
// have the record (NOT_ENOUGH_REPLICAS_AFTER_APPEND).
func (p *Partition) Replicated(offset int64) (done bool, err error) {
	r, err := p.leading()
	if err != nil {
		return true, err
	}
	if p.progress.high.Load() <= offset {
		return false, nil
	}
	if p.set.Replicator.InSync(p.replicationLeader(r)) < min(p.Config().MinInSyncReplicas, r.replicas) {
		return true, kafka.NotEnoughReplicasAfterAppend
	}
	return true, nil
}
