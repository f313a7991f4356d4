package recordschema

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// remoteRecord holds the fields of all types of records about tiered segments, as their table names them.
type remoteRecord struct {
	RemoteLogSegmentID struct {
		TopicIDPartition remotePartition `json:"topicIdPartition"`
		ID               string          `json:"id"`
	} `json:"remoteLogSegmentId"`
	TopicIDPartition    remotePartition `json:"topicIdPartition"`
	StartOffset         int64           `json:"startOffset"`
	EndOffset           int64           `json:"endOffset"`
	BrokerID            int32           `json:"brokerId"`
	MaxTimestampMs      int64           `json:"maxTimestampMs"`
	EventTimestampMs    int64           `json:"eventTimestampMs"`
	SegmentLeaderEpochs []remoteEpoch   `json:"segmentLeaderEpochs"`
	SegmentSizeInBytes  int32           `json:"segmentSizeInBytes"`
	CustomMetadata      []byte          `json:"customMetadata"`
	State               int8            `json:"state"`
	TxnIdxEmpty         bool            `json:"txnIdxEmpty"`
}

// remoteEpoch is a leader epoch and its first offset in the segment.
type remoteEpoch struct {
	LeaderEpoch int32 `json:"leaderEpoch"`
	Offset      int64 `json:"offset"`
}

type remotePartition struct {
	Name      string `json:"name"`
	ID        string `json:"id"`
	Partition int32  `json:"partition"`
}

func (p remotePartition) String() string { return fmt.Sprintf("%s:%s-%d", p.ID, p.Name, p.Partition) }

// Remote renders the value of a record of __remote_log_metadata (KIP-405). Kafka's tool prints these not as JSON but as Java objects.
func (d *Decoder) Remote(value []byte) (string, error) {
	r, _, data, err := d.framed("remote", value)
	if err != nil {
		return "", err
	}
	var fields remoteRecord
	if err := json.Unmarshal(data, &fields); err != nil {
		return "", err
	}
	return r.name + "{" + fields.describe(r.name) + "}", nil
}

func (r *remoteRecord) describe(kind string) string {
	segments := []string{"COPY_SEGMENT_STARTED", "COPY_SEGMENT_FINISHED", "DELETE_SEGMENT_STARTED", "DELETE_SEGMENT_FINISHED"}
	custom := "Optional.empty"
	if r.CustomMetadata != nil {
		custom = fmt.Sprintf("Optional[CustomMetadata{%d bytes}]", len(r.CustomMetadata))
	}
	id := fmt.Sprintf("remoteLogSegmentId=RemoteLogSegmentId{topicIdPartition=%s, id=%s}", r.RemoteLogSegmentID.TopicIDPartition, r.RemoteLogSegmentID.ID)
	switch kind {
	case "RemoteLogSegmentMetadata":
		return fmt.Sprintf("%s, startOffset=%d, endOffset=%d, brokerId=%d, maxTimestampMs=%d, eventTimestampMs=%d, segmentLeaderEpochs={%s}, "+
			"segmentSizeInBytes=%d, customMetadata=%s, state=%s, txnIdxEmpty=%t", id, r.StartOffset, r.EndOffset, r.BrokerID, r.MaxTimestampMs,
			r.EventTimestampMs, r.epochs(), r.SegmentSizeInBytes, custom, r.state(segments), r.TxnIdxEmpty)
	case "RemoteLogSegmentMetadataUpdate":
		return fmt.Sprintf("%s, customMetadata=%s, state=%s, eventTimestampMs=%d, brokerId=%d", id, custom, r.state(segments), r.EventTimestampMs, r.BrokerID)
	}
	return fmt.Sprintf("topicPartition=%s, state=%s, eventTimestampMs=%d, brokerId=%d", r.TopicIDPartition,
		r.state([]string{"DELETE_PARTITION_MARKED", "DELETE_PARTITION_STARTED", "DELETE_PARTITION_FINISHED"}), r.EventTimestampMs, r.BrokerID)
}

// epochs lists the first offset of each leader epoch, in order of the epochs.
func (r *remoteRecord) epochs() string {
	var pairs []string
	slices.SortFunc(r.SegmentLeaderEpochs, func(a, b remoteEpoch) int { return cmp.Compare(a.LeaderEpoch, b.LeaderEpoch) })
	for _, e := range r.SegmentLeaderEpochs {
		pairs = append(pairs, fmt.Sprintf("%d=%d", e.LeaderEpoch, e.Offset))
	}
	return strings.Join(pairs, ", ")
}

// state names a state by its number.
func (r *remoteRecord) state(names []string) string {
	if r.State < 0 || int(r.State) >= len(names) {
		return fmt.Sprintf("UNKNOWN(%d)", r.State)
	}
	return names[r.State]
}
