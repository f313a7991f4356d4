package hostile_test

import (
	"encoding/binary"
	"hash/crc32"
	"reflect"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

const victimTopic = "victim"

// createTopic makes a topic with configs (a name, its value, ...); that it is there already is fine.
func (tg *target) createTopic(name string, partitions int32, configs ...string) {
	tg.t.Helper()
	req := kmsg.NewPtrCreateTopicsRequest()
	req.SetVersion(7)
	topic := kmsg.NewCreateTopicsRequestTopic()
	topic.Topic, topic.NumPartitions, topic.ReplicationFactor = name, partitions, 1
	for i := 0; i < len(configs); i += 2 {
		topic.Configs = append(topic.Configs, kmsg.CreateTopicsRequestTopicConfig{Name: configs[i], Value: &configs[i+1]})
	}
	req.Topics = append(req.Topics, topic)
	resp := tg.ask(req).(*kmsg.CreateTopicsResponse)
	if code := resp.Topics[0].ErrorCode; code != 0 && code != kerr.TopicAlreadyExists.Code {
		tg.t.Fatalf("topic %s: %v", name, kerr.ErrorForCode(code))
	}
}

// createVictim makes the topic that the attacks are aimed at and returns its id.
func (tg *target) createVictim() [16]byte {
	tg.t.Helper()
	tg.createTopic(victimTopic, 2)
	req := kmsg.NewPtrMetadataRequest()
	req.SetVersion(12)
	topic := kmsg.NewMetadataRequestTopic()
	topic.Topic = kmsg.StringPtr(victimTopic)
	req.Topics = append(req.Topics, topic)
	return tg.ask(req).(*kmsg.MetadataResponse).Topics[0].TopicID
}

// supported returns the keys and versions that the broker lists.
func (tg *target) supported() []kmsg.ApiVersionsResponseApiKey {
	tg.t.Helper()
	return tg.ask(apiVersions(3)).(*kmsg.ApiVersionsResponse).ApiKeys
}

func produceRequest(topic string, records []byte) *kmsg.ProduceRequest {
	req := kmsg.NewPtrProduceRequest()
	req.SetVersion(9)
	req.Acks, req.TimeoutMillis = -1, 1000
	p := kmsg.NewProduceRequestTopicPartition()
	p.Records = records
	t := kmsg.NewProduceRequestTopic()
	t.Topic, t.Partitions = topic, []kmsg.ProduceRequestTopicPartition{p}
	req.Topics = append(req.Topics, t)
	return req
}

func fetchRequest(topic string, partition, maxWait, minBytes int32) *kmsg.FetchRequest {
	req := kmsg.NewPtrFetchRequest()
	req.SetVersion(12)
	req.MaxWaitMillis, req.MinBytes, req.MaxBytes = maxWait, minBytes, 1<<30
	p := kmsg.NewFetchRequestTopicPartition()
	p.Partition, p.PartitionMaxBytes = partition, 1<<30
	t := kmsg.NewFetchRequestTopic()
	t.Topic, t.Partitions = topic, []kmsg.FetchRequestTopicPartition{p}
	req.Topics = append(req.Topics, t)
	return req
}

// newBatch returns the fields of a valid batch with one record.
func newBatch() *kmsg.RecordBatch {
	r := kmsg.NewRecord()
	r.Key, r.Value = []byte("key"), []byte("value")
	r.Length = int32(len(r.AppendTo(nil)) - 1)
	b := kmsg.NewRecordBatch()
	b.Magic, b.NumRecords, b.ProducerID, b.ProducerEpoch, b.FirstSequence = 2, 1, -1, -1, -1
	b.FirstTimestamp, b.MaxTimestamp = 1_700_000_000_000, 1_700_000_000_000
	b.Records = r.AppendTo(nil)
	return &b
}

const crcEnd = 21 // what the CRC of a batch covers begins here

// encode returns the bytes of a batch with the right length and CRC.
func encode(b *kmsg.RecordBatch) []byte {
	raw := b.AppendTo(nil)
	binary.BigEndian.PutUint32(raw[8:], uint32(len(raw)-12))
	return fixCRC(raw)
}

func fixCRC(raw []byte) []byte {
	binary.BigEndian.PutUint32(raw[crcEnd-4:], crc32.Checksum(raw[crcEnd:], crc32.MakeTable(crc32.Castagnoli)))
	return raw
}

// valid returns a request for a key and version in which every list has an element and every field makes sense, so that
// one wrong byte is all that is wrong with it.
func valid(key, version int16, id [16]byte) kmsg.Request {
	req := kmsg.RequestForKey(key)
	req.SetVersion(version)
	fill(reflect.ValueOf(req).Elem(), id)
	return req
}

// fill sets all fields of a struct.
func fill(v reflect.Value, id [16]byte) {
	if d, ok := v.Addr().Interface().(interface{ Default() }); ok && v.FieldByName("Version").Kind() == reflect.Invalid {
		d.Default()
	}
	for i := range v.NumField() {
		f, name := v.Field(i), v.Type().Field(i).Name
		switch {
		case name == "Version" || name == "UnknownTags" || !f.CanSet():
		case f.Type() == reflect.TypeFor[[16]byte]():
			f.Set(reflect.ValueOf(id))
		case f.Type() == reflect.TypeFor[[]byte]():
			f.SetBytes(bytesFor(name))
		default:
			fillValue(f, name, v.Type().Name(), id)
		}
	}
}

func fillValue(f reflect.Value, name, owner string, id [16]byte) {
	switch f.Kind() {
	case reflect.Struct:
		fill(f, id)
	case reflect.Pointer:
		f.Set(reflect.New(f.Type().Elem()))
		fillValue(f.Elem(), name, owner, id)
	case reflect.Slice:
		f.Set(reflect.MakeSlice(f.Type(), 1, 1))
		if f.Type().Elem() == reflect.TypeFor[[16]byte]() {
			f.Index(0).Set(reflect.ValueOf(id))
			return
		}
		fillValue(f.Index(0), name, owner, id)
	case reflect.String:
		f.SetString(stringFor(name, owner))
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		f.SetInt(intFor(name))
	default:
	}
}

func bytesFor(name string) []byte {
	if name == "Records" {
		return encode(newBatch())
	}
	return []byte("some bytes")
}

// stringFor chooses names of things that exist, so that requests get as far as they can.
func stringFor(name, owner string) string {
	switch {
	case name == "Name" && owner != "AlterConfigsRequestResourceConfig" && owner != "IncrementalAlterConfigsRequestResourceConfig":
		return victimTopic
	case name == "Name":
		return "retention.ms"
	case name == "Value":
		return "100000"
	case name == "Topic", name == "ResourceName", name == "Topics":
		return victimTopic
	case name == "TopicNames": // of DeleteTopics: the victim is still needed
		return "gone"
	case name == "MemberID", name == "InstanceID":
		return "nobody"
	case name == "TransactionalID":
		return "transaction"
	}
	return "x-" + name
}

func intFor(name string) int64 {
	switch name {
	case "TimeoutMillis", "SessionTimeoutMillis", "RebalanceTimeoutMillis":
		return 6000
	case "MaxWaitMillis":
		return 1
	case "ResourceType":
		return int64(kmsg.ConfigResourceTypeTopic)
	case "ReplicationFactor", "NumPartitions", "Acks", "PatternType", "Operation", "PermissionType":
		return 1
	case "MaxBytes", "PartitionMaxBytes", "ResponsePartitionLimit":
		return 1 << 20
	case "ReplicaID", "CurrentLeaderEpoch", "LastFetchedEpoch", "LeaderEpoch", "Generation", "SessionEpoch":
		return -1
	case "Replicas", "BrokerID":
		return 1
	}
	return 0
}
