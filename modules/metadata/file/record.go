package file

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
)

// recordKind names what a record does. The numbers are on disk: they never change.
type recordKind byte

const (
	createTopic   recordKind = 1 // id, name
	removeTopic   recordKind = 2 // id; takes the topic's configs with it
	addPartitions recordKind = 3 // id, count, start
	setConfig     recordKind = 4 // resource, key, value
	removeConfig  recordKind = 5 // resource, key
	producerIDs   recordKind = 6 // next
	brokerStarted recordKind = 7 // no fields
	deployPlugin  recordKind = 8 // name, version, digest, functions, size, time, deployer
	removePlugin  recordKind = 9 // name, version
)

// record is one change of the state. Its kind says which fields are used; they are stored in the order given there.
type record struct {
	kind     recordKind
	id       kafka.TopicID
	name     string // of a topic
	count    int32  // number of partitions to add
	start    int32  // number of the broker's start in which the partitions were added
	resource metadata.Resource
	key      string
	value    string
	next     kafka.ProducerID // the first producer id that is not taken
	plugin   metadata.Plugin
}

func (r *record) appendTo(b []byte) []byte {
	b = append(b, byte(r.kind))
	switch r.kind {
	case createTopic:
		b = append(b, r.id[:]...)
		b = appendString(b, r.name)
	case removeTopic:
		b = append(b, r.id[:]...)
	case addPartitions:
		b = append(b, r.id[:]...)
		b = binary.AppendVarint(b, int64(r.count))
		b = binary.AppendVarint(b, int64(r.start))
	case setConfig, removeConfig:
		b = append(b, byte(r.resource.Type))
		b = appendString(b, r.resource.Name)
		b = appendString(b, r.key)
		if r.kind == setConfig {
			b = appendString(b, r.value)
		}
	case producerIDs:
		b = binary.AppendVarint(b, int64(r.next))
	case deployPlugin:
		b = appendString(b, r.plugin.Name)
		b = appendString(b, r.plugin.Version)
		b = append(b, r.plugin.Digest[:]...)
		b = append(b, r.plugin.Functions)
		b = binary.AppendVarint(b, r.plugin.Size)
		b = binary.AppendVarint(b, r.plugin.DeployedAt)
		b = appendString(b, r.plugin.Deployer)
	case removePlugin:
		b = appendString(b, r.plugin.Name)
		b = appendString(b, r.plugin.Version)
	case brokerStarted:
	}
	return b
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// errMalformed says that a payload whose checksum is right holds no records.
var errMalformed = errors.New("malformed record")

// decoder reads a payload. The first error sticks; later reads return zero values.
type decoder struct {
	b   []byte
	err error
}

func (d *decoder) done() bool { return d.err != nil || len(d.b) == 0 }

func (d *decoder) fail() {
	d.b = nil
	if d.err == nil {
		d.err = errMalformed
	}
}

func (d *decoder) bytes(n uint64) []byte {
	if n > uint64(len(d.b)) {
		d.fail()
		return nil
	}
	b := d.b[:n]
	d.b = d.b[n:]
	return b
}

func (d *decoder) varint() int64 {
	v, n := binary.Varint(d.b)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) int32() int32 {
	v := d.varint()
	if v < math.MinInt32 || v > math.MaxInt32 {
		d.fail()
		return 0
	}
	return int32(v)
}

func (d *decoder) string() string {
	length, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.fail()
		return ""
	}
	d.b = d.b[n:]
	return string(d.bytes(length))
}

func (d *decoder) byte() byte {
	if b := d.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

func (d *decoder) topicID() kafka.TopicID {
	if b := d.bytes(16); b != nil {
		return kafka.TopicID(b)
	}
	return kafka.TopicID{}
}

func (d *decoder) digest() (digest [32]byte) {
	copy(digest[:], d.bytes(uint64(len(digest))))
	return digest
}

func (d *decoder) record() record {
	r := record{kind: recordKind(d.byte())}
	switch r.kind {
	case createTopic:
		r.id, r.name = d.topicID(), d.string()
	case removeTopic:
		r.id = d.topicID()
	case addPartitions:
		r.id, r.count, r.start = d.topicID(), d.int32(), d.int32()
	case setConfig, removeConfig:
		r.resource.Type = metadata.ResourceType(d.byte())
		r.resource.Name, r.key = d.string(), d.string()
		if r.kind == setConfig {
			r.value = d.string()
		}
	case producerIDs:
		r.next = kafka.ProducerID(d.varint())
	case deployPlugin:
		r.plugin = metadata.Plugin{Name: d.string(), Version: d.string(), Digest: d.digest(), Functions: d.byte(),
			Size: d.varint(), DeployedAt: d.varint(), Deployer: d.string()}
	case removePlugin:
		r.plugin.Name, r.plugin.Version = d.string(), d.string()
	case brokerStarted:
	default:
		d.fail()
		d.err = fmt.Errorf("%w: kind %d", errMalformed, r.kind)
	}
	return r
}
