package log

import "github.com/jackdawmq/jackdaw/core/record"

// maxDecompressed bounds what a look-up decompresses of one batch, in bytes.
const maxDecompressed = 1 << 30

// FindTimestamp returns the first record of a batch whose timestamp is at least timestamp (milliseconds) and whose offset
// is at least from. It serves Reader.Lookup of every implementation. A batch without such a record gives Offset -1.
func FindTimestamp(b record.Batch, timestamp, from int64) (Position, error) {
	h := b.Header()
	none := Position{Offset: -1, Timestamp: -1, LeaderEpoch: -1}
	if h.MaxTimestamp < timestamp || h.LastOffset() < from {
		return none, nil
	}
	records, err := b.Records(maxDecompressed)
	if err != nil {
		return none, err
	}
	defer records.Close()
	var r record.Record
	for records.Next(&r) {
		at := Position{Offset: h.RecordOffset(&r), Timestamp: h.RecordTimestamp(&r), LeaderEpoch: h.LeaderEpoch}
		if at.Timestamp >= timestamp && at.Offset >= from {
			return at, nil
		}
	}
	return none, records.Err()
}
