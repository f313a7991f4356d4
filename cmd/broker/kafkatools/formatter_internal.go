package kafkatools

import (
	"bufio"
	"encoding/binary"
	"math"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/kafka"
)

// internalFormatter prints records of internal topics as JSON objects, one after the other without line ends: what
// Kafka's formatters for __consumer_offsets and __transaction_state print.
type internalFormatter struct {
	out    *bufio.Writer
	decode func(kind int16, key, value []byte) (internalRecord, bool)
}

// internalRecord is a decoded key and value; a nil Value is a tombstone.
type internalRecord struct {
	Key   typedData      `json:"key"`
	Value *versionedData `json:"value"`
}

type typedData struct {
	Type int16 `json:"type"`
	Data any   `json:"data"`
}

type versionedData struct {
	Version int16 `json:"version"`
	Data    any   `json:"data"`
}

func (f *internalFormatter) flush() error { return f.out.Flush() }

// write skips records of other kinds, as each of Kafka's formatters does.
func (f *internalFormatter) write(r *kgo.Record) error {
	if len(r.Key) < 2 {
		return nil
	}
	record, ok := f.decode(int16(binary.BigEndian.Uint16(r.Key)), r.Key, r.Value)
	if !ok {
		return nil
	}
	encoded, err := marshalJSON(record)
	if err != nil {
		return err
	}
	_, err = f.out.Write(encoded)
	return err
}

type offsetKey struct {
	Group     string `json:"group"`
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
}

type offsetValue struct {
	Offset          int64         `json:"offset"`
	LeaderEpoch     *int32        `json:"leaderEpoch,omitempty"`
	Metadata        string        `json:"metadata"`
	CommitTimestamp int64         `json:"commitTimestamp"`
	ExpireTimestamp *int64        `json:"expireTimestamp,omitempty"`
	TopicID         *kafkaTopicID `json:"topicId,omitempty"`
}

// kafkaTopicID prints an id as Kafka does.
type kafkaTopicID kafka.TopicID

// MarshalText returns the id in Kafka's base64 form.
func (id kafkaTopicID) MarshalText() ([]byte, error) { return []byte(kafka.TopicID(id).String()), nil }

// decodeOffset decodes committed offsets: key types 0 and 1.
func decodeOffset(kind int16, key, value []byte) (internalRecord, bool) {
	if kind < 0 || kind > 1 {
		return internalRecord{}, false
	}
	k, v := kmsg.NewOffsetCommitKey(), kmsg.NewOffsetCommitValue()
	if k.ReadFrom(key) != nil {
		return internalRecord{}, false
	}
	record := internalRecord{Key: typedData{kind, offsetKey{k.Group, k.Topic, k.Partition}}}
	if value == nil {
		return record, true
	}
	if v.ReadFrom(value) != nil {
		return internalRecord{}, false
	}
	data := offsetValue{Offset: v.Offset, Metadata: v.Metadata, CommitTimestamp: v.CommitTimestamp}
	if v.Version == 1 {
		data.ExpireTimestamp = &v.ExpireTimestamp
	}
	if v.Version >= 3 {
		data.LeaderEpoch = &v.LeaderEpoch
	}
	if v.Version >= 4 {
		data.TopicID = (*kafkaTopicID)(&v.TopicID)
	}
	record.Value = &versionedData{v.Version, data}
	return record, true
}

type groupKey struct {
	Group string `json:"group"`
}

// groupHead and memberHead are what both ways of showing a group have in common.
type groupHead struct {
	ProtocolType          string  `json:"protocolType"`
	Generation            int32   `json:"generation"`
	Protocol              *string `json:"protocol"`
	Leader                *string `json:"leader"`
	CurrentStateTimestamp *int64  `json:"currentStateTimestamp,omitempty"`
}

type memberHead struct {
	MemberID         string  `json:"memberId"`
	GroupInstanceID  *string `json:"groupInstanceId"`
	ClientID         string  `json:"clientId"`
	ClientHost       string  `json:"clientHost"`
	RebalanceTimeout int32   `json:"rebalanceTimeout"`
	SessionTimeout   int32   `json:"sessionTimeout"`
}

type groupValue struct {
	groupHead
	Members []groupMember `json:"members"`
}

type groupMember struct {
	memberHead
	Subscription []byte `json:"subscription"`
	Assignment   []byte `json:"assignment"`
}

// decodeGroup decodes the metadata of classic groups: key type 2.
func decodeGroup(kind int16, key, value []byte) (internalRecord, bool) {
	if kind != 2 {
		return internalRecord{}, false
	}
	k, v := kmsg.NewGroupMetadataKey(), kmsg.NewGroupMetadataValue()
	if k.ReadFrom(key) != nil {
		return internalRecord{}, false
	}
	record := internalRecord{Key: typedData{kind, groupKey{k.Group}}}
	if value == nil {
		return record, true
	}
	if v.ReadFrom(value) != nil {
		return internalRecord{}, false
	}
	head := groupHead{ProtocolType: v.ProtocolType, Generation: v.Generation, Protocol: v.Protocol, Leader: v.Leader}
	if v.Version >= 2 {
		head.CurrentStateTimestamp = &v.CurrentStateTimestamp
	}
	data := groupValue{head, []groupMember{}}
	for _, m := range v.Members {
		member := memberHead{m.MemberID, m.InstanceID, m.ClientID, m.ClientHost, m.RebalanceTimeoutMillis, m.SessionTimeoutMillis}
		data.Members = append(data.Members, groupMember{member, m.Subscription, m.Assignment})
	}
	record.Value = &versionedData{v.Version, data}
	return record, true
}

type transactionKey struct {
	TransactionalID string `json:"transactionalId"`
}

type transactionValue struct {
	ProducerID             int64                  `json:"producerId"`
	PreviousProducerID     *int64                 `json:"previousProducerId,omitempty"`
	NextProducerID         *int64                 `json:"nextProducerId,omitempty"`
	ProducerEpoch          int16                  `json:"producerEpoch"`
	TransactionTimeout     int32                  `json:"transactionTimeoutMs"`
	State                  int8                   `json:"transactionStatus"`
	Topics                 []transactionPartition `json:"transactionPartitions"`
	LastUpdate             int64                  `json:"transactionLastUpdateTimestampMs"`
	Start                  int64                  `json:"transactionStartTimestampMs"`
	ClientTransactionLevel *int16                 `json:"clientTransactionVersion,omitempty"`
}

type transactionPartition struct {
	Topic      string  `json:"topic"`
	Partitions []int32 `json:"partitionIds"`
}

// decodeTransaction decodes the state of transactional ids: key type 0 of __transaction_state.
func decodeTransaction(kind int16, key, value []byte) (internalRecord, bool) {
	if kind != 0 {
		return internalRecord{}, false
	}
	k, v := kmsg.NewTxnMetadataKey(), kmsg.NewTxnMetadataValue()
	if k.ReadFrom(key) != nil {
		return internalRecord{}, false
	}
	record := internalRecord{Key: typedData{kind, transactionKey{k.TransactionalID}}}
	if value == nil {
		return record, true
	}
	if v.ReadFrom(value) != nil {
		return internalRecord{}, false
	}
	data := transactionValue{ProducerID: v.ProducerID, ProducerEpoch: v.ProducerEpoch, TransactionTimeout: v.TimeoutMillis,
		State: int8(v.State), LastUpdate: v.LastUpdateTimestamp, Start: v.StartTimestamp}
	if v.PreviousProducerID >= 0 {
		data.PreviousProducerID = &v.PreviousProducerID
	}
	if v.NextProducerID >= 0 {
		data.NextProducerID = &v.NextProducerID
	}
	if v.ClientTransactionVersion != 0 && v.ClientTransactionVersion != math.MinInt16 {
		data.ClientTransactionLevel = &v.ClientTransactionVersion
	}
	if v.Topics != nil {
		data.Topics = []transactionPartition{} // null is not the same as none
	}
	for _, t := range v.Topics {
		data.Topics = append(data.Topics, transactionPartition{t.Topic, t.Partitions})
	}
	record.Value = &versionedData{v.Version, data}
	return record, true
}
