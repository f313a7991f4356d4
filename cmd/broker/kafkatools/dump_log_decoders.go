package kafkatools

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/cmd/broker/kafkatools/recordschema"
	"github.com/jackdawmq/jackdaw/cmd/broker/logdump"
)

// recordDecoder renders the key and the value of a record for printing; nil leaves the word out. What is wrong with a record is part of
// the text; an error ends the run.
type recordDecoder func(logdump.Record) (key, payload *string, err error)

// newRecordDecoder returns what the options ask for, nil when they ask for no contents.
func newRecordDecoder(line *commandLine, schemas *recordschema.Decoder) (recordDecoder, error) {
	switch {
	case line.has("offsets-decoder"):
		return internalDecoder(decodeDumpedGroupRecord), nil
	case line.has("transaction-log-decoder"):
		return internalDecoder(decodeTransaction), nil
	case line.has("cluster-metadata-decoder"):
		return valueDecoder("Error at %d, skipping. %v", schemas.Metadata), nil
	case line.has("remote-log-metadata-decoder"):
		return valueDecoder("Error at offset %d, skipping. %v", schemas.Remote), nil
	case line.has("share-group-state-decoder"):
		return shareGroupDecoder(schemas), nil
	case !line.has("print-data-log"):
		return nil, nil
	}
	key, errKey := bytesDecoder(line.value("key-decoder-class"))
	value, errValue := bytesDecoder(line.value("value-decoder-class"))
	return func(r logdump.Record) (*string, *string, error) { return key(r.Key), value(r.Value), nil }, firstError(errKey, errValue)
}

// valueDecoder renders values alone: such records have no keys. fault is the format of what is said of one that can't be read.
func valueDecoder(fault string, render func([]byte) (string, error)) recordDecoder {
	return func(r logdump.Record) (*string, *string, error) {
		text, err := render(r.Value)
		if err != nil {
			text = fmt.Sprintf(fault, r.Offset, err)
		}
		return nil, &text, nil
	}
}

// shareGroupDecoder renders records of __share_group_state (KIP-932).
func shareGroupDecoder(schemas *recordschema.Decoder) recordDecoder {
	return internalDecoder(func(kind int16, key, value []byte) (internalRecord, bool) {
		var version int16
		body := value
		if value != nil {
			if len(value) < 2 {
				return internalRecord{}, false
			}
			version, body = int16(binary.BigEndian.Uint16(value)), value[2:]
		}
		keyData, valueData, known, err := schemas.ShareGroup(kind, version, key[2:], body)
		if !known || err != nil {
			return internalRecord{}, false
		}
		decoded := internalRecord{Key: typedData{kind, keyData}}
		if value != nil {
			decoded.Value = &versionedData{version, valueData}
		}
		return decoded, true
	})
}

// bytesDecoder knows those of Kafka's decoder classes whose output does not depend on Java.
func bytesDecoder(class string) (func([]byte) *string, error) {
	switch class[strings.LastIndexByte(class, '.')+1:] {
	case "", "StringDecoder":
		return func(b []byte) *string { return renderBytes(b, 0, func() string { return string(b) }) }, nil
	case "IntegerDecoder":
		return func(b []byte) *string {
			return renderBytes(b, 4, func() string { return strconv.Itoa(int(int32(binary.BigEndian.Uint32(b)))) })
		}, nil
	case "LongDecoder":
		return func(b []byte) *string {
			return renderBytes(b, 8, func() string { return strconv.FormatInt(int64(binary.BigEndian.Uint64(b)), 10) })
		}, nil
	}
	return nil, fmt.Errorf("java.lang.RuntimeException: Failed to load decoder class: %s is not one of StringDecoder, IntegerDecoder, LongDecoder", class)
}

// renderBytes renders bytes of at least a size; nil stays nil.
func renderBytes(b []byte, size int, render func() string) *string {
	switch {
	case b == nil:
		return nil
	case len(b) < size:
		text := fmt.Sprintf("(%d bytes, too few for a number)", len(b))
		return &text
	}
	text := render()
	return &text
}

// The JSON of dump-log has the numbers of types and versions as strings.
type (
	dumpedKey struct {
		Type string `json:"type"`
		Data any    `json:"data"`
	}
	dumpedValue struct {
		Version string `json:"version"`
		Data    any    `json:"data"`
	}
)

// internalDecoder renders records of an internal topic. A record of a type that the decoder does not know is named.
func internalDecoder(decode func(kind int16, key, value []byte) (internalRecord, bool)) recordDecoder {
	return func(r logdump.Record) (*string, *string, error) {
		if r.Key == nil {
			return nil, nil, fmt.Errorf("java.lang.RuntimeException: Failed to decode message at offset %d using the specified decoder (message had a missing key)", r.Offset)
		}
		keyText := fmt.Sprintf("Error at offset %d, skipping. the key has no type", r.Offset)
		if len(r.Key) < 2 {
			return &keyText, nil, nil
		}
		kind := int16(binary.BigEndian.Uint16(r.Key))
		decoded, ok := decode(kind, r.Key, r.Value)
		if !ok {
			keyText = fmt.Sprintf("Unknown record type %d at offset %d, skipping.", kind, r.Offset)
			return &keyText, nil, nil
		}
		key, err := marshalJSON(dumpedKey{strconv.Itoa(int(kind)), decoded.Key.Data})
		if err != nil {
			return nil, nil, err
		}
		keyText = string(key)
		payload := "<DELETE>"
		if decoded.Value != nil {
			value, err := marshalJSON(dumpedValue{strconv.Itoa(int(decoded.Value.Version)), decoded.Value.Data})
			if err != nil {
				return nil, nil, err
			}
			payload = string(value)
		}
		return &keyText, &payload, nil
	}
}

// decodeDumpedGroupRecord is decodeOffset and decodeGroup, with the subscriptions and assignments of consumers decoded too.
func decodeDumpedGroupRecord(kind int16, key, value []byte) (internalRecord, bool) {
	if kind != 2 {
		return decodeOffset(kind, key, value)
	}
	decoded, ok := decodeGroup(kind, key, value)
	if !ok || decoded.Value == nil {
		return decoded, ok
	}
	group, isGroup := decoded.Value.Data.(groupValue)
	if !isGroup || group.ProtocolType != "consumer" {
		return decoded, ok
	}
	members := []dumpedMember{}
	for _, m := range group.Members {
		subscription, assignment := kmsg.NewConsumerMemberMetadata(), kmsg.NewConsumerMemberAssignment()
		if subscription.ReadFrom(m.Subscription) != nil || len(m.Assignment) > 0 && assignment.ReadFrom(m.Assignment) != nil {
			return decoded, ok
		}
		dumped := dumpedMember{m.memberHead, dumpSubscription(&subscription), nil}
		if len(m.Assignment) > 0 {
			dumped.Assignment = &dumpedAssignment{[]dumpedTopic{}, assignment.UserData}
			for _, t := range assignment.Topics {
				dumped.Assignment.Partitions = append(dumped.Assignment.Partitions, dumpedTopic{t.Topic, t.Partitions})
			}
		}
		members = append(members, dumped)
	}
	decoded.Value.Data = dumpedGroup{group.groupHead, members}
	return decoded, ok
}

type (
	dumpedGroup struct {
		groupHead
		Members []dumpedMember `json:"members"`
	}
	dumpedMember struct {
		memberHead
		Subscription dumpedSubscription `json:"subscription"`
		Assignment   *dumpedAssignment  `json:"assignment"`
	}
	dumpedSubscription struct {
		Topics          []string      `json:"topics"`
		UserData        []byte        `json:"userData"`
		OwnedPartitions []dumpedTopic `json:"ownedPartitions"`
		GenerationID    *int32        `json:"generationId,omitempty"`
		RackID          **string      `json:"rackId,omitempty"`
	}
	dumpedAssignment struct {
		Partitions []dumpedTopic `json:"assignedPartitions"`
		UserData   []byte        `json:"userData"`
	}
	dumpedTopic struct {
		Topic      string  `json:"topic"`
		Partitions []int32 `json:"partitions"`
	}
)

func dumpSubscription(s *kmsg.ConsumerMemberMetadata) dumpedSubscription {
	dumped := dumpedSubscription{Topics: s.Topics, UserData: s.UserData, OwnedPartitions: []dumpedTopic{}}
	for _, t := range s.OwnedPartitions {
		dumped.OwnedPartitions = append(dumped.OwnedPartitions, dumpedTopic{t.Topic, t.Partitions})
	}
	if s.Version >= 2 {
		dumped.GenerationID = &s.Generation
	}
	if s.Version >= 3 {
		dumped.RackID = &s.Rack
	}
	return dumped
}
