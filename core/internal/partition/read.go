package partition

import (
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/vfs"
)

// ReadRequest says what a consumer wants of a partition.
type ReadRequest struct {
	Offset    int64
	MaxBytes  int  // of this partition; see log.ReadRequest
	MinOne    bool // return the first batch whole even if it is longer than MaxBytes
	Isolation kafka.IsolationLevel
	// CurrentEpoch is the leader epoch that the client believes in; negative: not told (KIP-320).
	CurrentEpoch kafka.LeaderEpoch
	// LastFetchedEpoch is the epoch of the batch before Offset; negative: not told (KIP-595).
	LastFetchedEpoch kafka.LeaderEpoch
}

// ReadResult is what Read found. The offsets are one consistent picture: the extent ends at or before the high watermark.
type ReadResult struct {
	// Extent holds the batches; whoever called Read releases it. It is empty at the end of what may be read.
	Extent           vfs.Extent
	HighWatermark    int64
	LastStableOffset int64
	LogStartOffset   int64
	// Aborted lists the aborted transactions that overlap the extent; only for read-committed requests.
	Aborted []AbortedTxn
	// Diverging is true when the client's log has left the leader's: it must truncate to DivergingEnd, the end of
	// DivergingEpoch. There are no records then.
	Diverging      bool
	DivergingEpoch kafka.LeaderEpoch
	DivergingEnd   int64
}

// Read reads batches from an offset up to the high watermark or the last stable offset. It fills in r, which may be used
// again, and allocates nothing by itself. Errors: NOT_LEADER_OR_FOLLOWER, FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH,
// OFFSET_OUT_OF_RANGE, KAFKA_STORAGE_ERROR, UNKNOWN_TOPIC_OR_PARTITION when the topic was deleted.
func (p *Partition) Read(q *ReadRequest, r *ReadResult) error {
	*r = ReadResult{Aborted: r.Aborted[:0]}
	role, err := p.leading()
	if err != nil {
		return err
	}
	if err := role.checkEpoch(q.CurrentEpoch); err != nil {
		return err
	}
	g := &p.progress
	// None of these passes the next one, and they only grow: read in this order, the picture is consistent.
	r.LogStartOffset = g.start.Load()
	r.LastStableOffset = g.stableEnd.Load()
	r.HighWatermark = g.high.Load()
	end := g.end.Load()
	if q.LastFetchedEpoch >= 0 {
		diverging, err := p.diverges(q, r, end)
		if diverging || err != nil {
			return err
		}
	}
	if q.Offset < r.LogStartOffset || q.Offset > end {
		return kafka.OffsetOutOfRange
	}
	return p.readUpTo(r.readable(q.Isolation), q, r)
}

// Unchanged reports whether Read would find nothing that a client does not know: no records at its offset, and the same
// high watermark and log start offset as it was told last. It is what makes fetch sessions with many idle partitions
// cheap; false is always a correct answer.
func (p *Partition) Unchanged(q *ReadRequest, highWatermark, logStartOffset int64) bool {
	r, err := p.leading()
	if err != nil || r.checkEpoch(q.CurrentEpoch) != nil {
		return false
	}
	g := &p.progress
	if q.LastFetchedEpoch >= 0 {
		if epoch, end := p.epochs.end(q.LastFetchedEpoch, g.end.Load()); epoch != q.LastFetchedEpoch || end < q.Offset {
			return false
		}
	}
	if g.start.Load() != logStartOffset || g.high.Load() != highWatermark {
		return false
	}
	return q.Offset == highWatermark || q.Isolation == kafka.ReadCommitted && q.Offset == g.stableEnd.Load()
}

// readable returns the first offset that a reader of an isolation level may not see.
func (r *ReadResult) readable(isolation kafka.IsolationLevel) int64 {
	if isolation == kafka.ReadCommitted {
		return r.LastStableOffset
	}
	return r.HighWatermark
}

// diverges compares where the client's last epoch ends in its log and in ours.
func (p *Partition) diverges(q *ReadRequest, r *ReadResult, logEnd int64) (bool, error) {
	epoch, end := p.epochs.end(q.LastFetchedEpoch, logEnd)
	if epoch < 0 {
		return false, kafka.OffsetOutOfRange // an epoch newer than any that this broker knows
	}
	if epoch >= q.LastFetchedEpoch && end >= q.Offset {
		return false, nil
	}
	r.Diverging, r.DivergingEpoch, r.DivergingEnd = true, epoch, end
	return true, nil
}

func (p *Partition) readUpTo(before int64, q *ReadRequest, r *ReadResult) error {
	if q.Offset >= before {
		return nil
	}
	extent, err := p.log.Read(log.ReadRequest{
		Offset: q.Offset, MaxBytes: q.MaxBytes, MinOne: q.MinOne, Before: before,
	})
	if err != nil {
		return storageError(err)
	}
	r.Extent = extent
	if q.Isolation == kafka.ReadCommitted && extent.Len() > 0 {
		r.Aborted = p.progress.aborted.overlapping(r.Aborted, q.Offset, before)
	}
	return nil
}

// storageError turns an error of a log that carries no protocol code into KAFKA_STORAGE_ERROR. The log itself reports
// what happened through Host.Failed.
func storageError(err error) error {
	if kafka.CodeOf(err) == kafka.UnknownServerError {
		return kafka.KafkaStorageError
	}
	return err
}
