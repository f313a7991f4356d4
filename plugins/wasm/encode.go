package wasm

import (
	"encoding/binary"

	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/core/record"
	"github.com/jackdawmq/jackdaw/sdk/abi"
)

var le = binary.LittleEndian

// block writes an input block into the area of a guest. Fixed parts lie before data, whose bytes come in the order in which
// slices are written; whoever writes a block has computed its size before.
type block struct {
	b    []byte
	base uint32 // address of b
	data int    // where the next bytes go
}

func (k *block) u32(at int, v uint32) { le.PutUint32(k.b[at:], v) }
func (k *block) u64(at int, v uint64) { le.PutUint64(k.b[at:], v) }

func (k *block) header(header, entry, count int) {
	k.u32(abi.BlockHeaderSize, uint32(header))
	k.u32(abi.BlockEntrySize, uint32(entry))
	k.u32(abi.BlockCount, uint32(count))
	k.u32(abi.BlockFlags, 0)
}

// bytes writes a slice and its bytes.
func (k *block) bytes(at int, b []byte) {
	if b == nil {
		k.null(at)
		return
	}
	k.slice(at, copy(k.b[k.data:], b))
}

func (k *block) text(at int, s string) { k.slice(at, copy(k.b[k.data:], s)) }

// optional writes a text whose zero value is null.
func (k *block) optional(at int, s string) {
	if s == "" {
		k.null(at)
		return
	}
	k.text(at, s)
}

func (k *block) null(at int) { k.u64(at, 0xffffffff<<32) }

func (k *block) slice(at, n int) {
	k.u32(at+abi.SlicePtr, k.base+uint32(k.data))
	k.u32(at+abi.SliceLen, uint32(n))
	k.data += n
}

func aligned(n int) int { return (n + abi.Alignment - 1) &^ (abi.Alignment - 1) }

func configureSize(b *plugin.Binding) int {
	return abi.ConfigureSize + len(b.Name) + len(b.Target) + len(b.Config)
}

func encodeConfigure(area []byte, base uint32, b *plugin.Binding) {
	k := block{area, base, abi.ConfigureSize}
	k.header(abi.ConfigureSize, 0, 0)
	k.u64(abi.ConfigureKind, uint64(b.Kind))
	k.text(abi.ConfigurePlugin, b.Name)
	k.text(abi.ConfigureBinding, b.Target)
	k.bytes(abi.ConfigureConfig, b.Config)
}

// lens is how a guest sees records: as what it was bound, and the fields that it is interested in.
type lens struct {
	kind     plugin.Kind
	interest uint32
}

func (l lens) sees(field uint32) bool { return l.interest&field != 0 }

// subject returns the key and value to show: a serializer of keys finds the key where others find the value.
func (l lens) subject(r *plugin.Record) (key, value []byte) {
	key, value = r.Key, r.Value
	if l.kind == plugin.KindKeySerializer {
		key, value = nil, key
	}
	if !l.sees(abi.InterestKey) {
		key = nil
	}
	if !l.sees(abi.InterestValue) {
		value = nil
	}
	return key, value
}

func (l lens) headers(r *plugin.Record) []record.RecordHeader {
	if l.sees(abi.InterestHeaders) {
		return r.Headers
	}
	return nil
}

// recordSize is what a record takes in a block.
func (l lens) recordSize(r *plugin.Record) int {
	key, value := l.subject(r)
	if l.kind == plugin.KindPartitioner {
		return abi.PartitionEntrySize + len(key) + len(value)
	}
	size := abi.RecordEntrySize + len(key) + len(value)
	for _, h := range l.headers(r) {
		size += abi.HeaderItemSize + len(h.Key) + len(h.Value)
	}
	return size
}

// fixedSize is what a block takes besides its records.
func (l lens) fixedSize(b *plugin.Batch) int {
	if l.kind == plugin.KindPartitioner {
		return abi.BatchSize + len(b.Topic)
	}
	return abi.BatchSize + len(b.Topic) + len(b.ClientID)
}

// encodeRecords writes some records of a batch for a serializer.
func (l lens) encodeRecords(area []byte, base uint32, b *plugin.Batch, records []plugin.Record) {
	headers := abi.BatchSize + abi.RecordEntrySize*len(records)
	data := headers
	for i := range records {
		data += abi.HeaderItemSize * len(l.headers(&records[i]))
	}
	k := block{area, base, data}
	k.header(abi.BatchSize, abi.RecordEntrySize, len(records))
	k.batch(b.Topic, b.BrokerTime, b.Partition, b.NumPartitions)
	k.optional(abi.BatchClientID, b.ClientID)
	for i := range records {
		r := &records[i]
		at := abi.BatchSize + abi.RecordEntrySize*i
		key, value := l.subject(r)
		k.bytes(at+abi.RecordKey, key)
		k.bytes(at+abi.RecordValue, value)
		headers = k.headerItems(at, headers, l.headers(r))
		timestamp := r.Timestamp
		if !l.sees(abi.InterestTimestamp) {
			timestamp = 0
		}
		k.u64(at+abi.RecordTimestamp, uint64(timestamp))
	}
}

// headerItems writes the headers of a record to the table at items, and returns where the next record's go.
func (k *block) headerItems(entry, items int, headers []record.RecordHeader) int {
	address := uint32(0)
	if len(headers) > 0 {
		address = k.base + uint32(items)
	}
	k.u32(entry+abi.RecordHeaders, address)
	k.u32(entry+abi.RecordHeaderCount, uint32(len(headers)))
	for _, h := range headers {
		if h.Key == nil {
			k.text(items+abi.HeaderItemKey, "")
		} else {
			k.bytes(items+abi.HeaderItemKey, h.Key)
		}
		k.bytes(items+abi.HeaderItemValue, h.Value)
		items += abi.HeaderItemSize
	}
	return items
}

// encodeKeys writes some records of a batch for a partitioner, which sees the same on every side.
func (l lens) encodeKeys(area []byte, base uint32, b *plugin.Batch, records []plugin.Record) {
	k := block{area, base, abi.BatchSize + abi.PartitionEntrySize*len(records)}
	k.header(abi.BatchSize, abi.PartitionEntrySize, len(records))
	k.batch(b.Topic, 0, -1, b.NumPartitions)
	k.null(abi.BatchClientID)
	for i := range records {
		at := abi.BatchSize + abi.PartitionEntrySize*i
		key, value := l.subject(&records[i])
		k.bytes(at+abi.PartitionEntryKey, key)
		k.bytes(at+abi.PartitionEntryValue, value)
	}
}

func (k *block) batch(topic string, brokerTime int64, partition, partitions int32) {
	k.text(abi.BatchTopic, topic)
	k.u64(abi.BatchBrokerTime, uint64(brokerTime))
	k.u32(abi.BatchPartition, uint32(partition))
	k.u32(abi.BatchNumPartitions, uint32(partitions))
}
