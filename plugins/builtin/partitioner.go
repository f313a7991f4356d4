package builtin

import (
	"context"
	"encoding/binary"
	"hash/crc32"
	"time"

	"github.com/jackdawmq/jackdaw/core/plugin"
)

// choosers are the partitioners. A key is never nil.
var choosers = map[string]func(key []byte, partitions int32) int32{
	"murmur2":  func(key []byte, n int32) int32 { return int32(murmur2(key)&0x7fffffff) % n },
	"fnv1a":    sarama,
	"crc32":    librdkafka,
	"kafkajs1": kafkajs1,
}

// partitioner chooses by key. Records without one go where the producer likes.
type partitioner struct{ *bound }

func (p *partitioner) Partition(ctx context.Context, b *plugin.Batch, out []int32) error {
	if err := p.begin(ctx); err != nil {
		return err
	}
	start, size := time.Now(), 0
	for i := range b.Records {
		key := b.Records[i].Key
		out[i] = plugin.NoPartition
		if key != nil {
			out[i] = p.choose(key, b.NumPartitions)
		}
		size += len(key)
	}
	p.called(start, len(b.Records), size)
	return nil
}

// sarama is sarama's NewHashPartitioner: FNV-1a as a signed number, whose remainder loses its sign.
func sarama(key []byte, n int32) int32 {
	hash := uint32(2166136261)
	for _, c := range key {
		hash = (hash ^ uint32(c)) * 16777619
	}
	return max(int32(hash)%n, -(int32(hash) % n))
}

// librdkafka is librdkafka's consistent_random: CRC-32 as an unsigned number; an empty key counts as none.
func librdkafka(key []byte, n int32) int32 {
	if len(key) == 0 {
		return plugin.NoPartition
	}
	return int32(crc32.ChecksumIEEE(key) % uint32(n))
}

// murmur2 is Kafka's (org.apache.kafka.common.utils.Utils): MurmurHash2 of 32 bits with a seed of its own.
func murmur2(data []byte) uint32 {
	const m = 0x5bd1e995
	h := 0x9747b28c ^ uint32(len(data))
	for ; len(data) >= 4; data = data[4:] {
		k := binary.LittleEndian.Uint32(data) * m
		h = h*m ^ (k^k>>24)*m
	}
	switch len(data) {
	case 3:
		h ^= uint32(data[2]) << 16
		fallthrough
	case 2:
		h ^= uint32(data[1]) << 8
		fallthrough
	case 1:
		h = (h ^ uint32(data[0])) * m
	}
	h = (h ^ h>>13) * m
	return h ^ h>>15
}
