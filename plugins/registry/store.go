package registry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackdawmq/jackdaw/core/coordinator"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/core/record"
)

// chunkSize is on disk: plugins of which only a part was stored under another size could never be completed.
const chunkSize = 768 << 10

// maxChunks bounds what a foreign key can make us allocate: engines take 16 MiB.
const maxChunks = 64

// topicPartition is where the bytes are.
var topicPartition = kafka.TopicPartition{Topic: kafka.PluginsTopic, Partition: 0}

// errNoBytes says that the topic does not hold a digest, or not all of it.
var errNoBytes = errors.New("its bytes are not in " + kafka.PluginsTopic)

// Metadata is what a registry needs of the cluster's metadata.
type Metadata interface {
	Image() *metadata.Image
	EnsureInternalTopic(ctx context.Context, topic metadata.NewTopic) error
	AlterPlugins(ctx context.Context, changes []metadata.PluginChange) error
}

// store reads and writes the bytes of plugins.
type store struct {
	metadata Metadata
	writer   coordinator.PartitionWriter
	reader   coordinator.PartitionReader
	now      func() time.Time

	mu    sync.Mutex // one look through the topic at a time: the next one may find its bytes remembered
	cache cache
}

func chunkKey(d plugin.Digest, n int) string { return d.String() + "/" + strconv.Itoa(n) }

// parseKey reads the key of a chunk; ok is false for anything else.
func parseKey(key []byte) (d plugin.Digest, n int, ok bool) {
	digits, number, ok := strings.Cut(string(key), "/")
	if !ok {
		return d, 0, false
	}
	d, err := plugin.ParseDigest(digits)
	if err != nil {
		return d, 0, false
	}
	n, err = strconv.Atoi(number)
	return d, n, err == nil && n >= 0 && n < maxChunks && chunkKey(d, n) == string(key)
}

// get returns the bytes of a digest, or errNoBytes.
func (s *store) get(ctx context.Context, d plugin.Digest) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := s.cache.get(d); b != nil {
		return b, nil
	}
	b, err := s.read(ctx, d)
	if err == nil {
		s.cache.put(d, b)
	}
	return b, err
}

// read is get without what is remembered: the topic may have been deleted since.
func (s *store) read(ctx context.Context, d plugin.Digest) ([]byte, error) {
	var chunks [maxChunks][]byte
	err := s.scan(ctx, func(of plugin.Digest, n int, value []byte) error {
		if of == d {
			chunks[n] = bytes.Clone(value)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	end := 0
	for end < maxChunks && chunks[end] != nil {
		end++
	}
	b := bytes.Join(chunks[:end], nil)
	if plugin.DigestOf(b) != d {
		return nil, errNoBytes
	}
	return b, nil
}

// scan calls f for every record of the topic in order: value is nil where a chunk was deleted, and only valid during the
// call. Without the topic there is nothing to see.
func (s *store) scan(ctx context.Context, f func(d plugin.Digest, chunk int, value []byte) error) error {
	if s.metadata.Image().Partition(topicPartition) == nil {
		return nil
	}
	return s.reader.ReadAll(ctx, topicPartition, func(r coordinator.Record) error {
		if d, n, ok := parseKey(r.Key); ok && !r.Control {
			return f(d, n, r.Value)
		}
		return nil
	})
}

// put stores the bytes of a digest and waits until they are committed.
func (s *store) put(ctx context.Context, d plugin.Digest, b []byte) error {
	text := func(s string) *string { return &s }
	err := s.metadata.EnsureInternalTopic(ctx, metadata.NewTopic{
		Name: kafka.PluginsTopic, Partitions: 1, Replicas: 3,
		Configs: map[string]*string{
			"cleanup.policy": text("compact"), "compression.type": text("producer"), "max.message.bytes": text("1048588"),
			"segment.bytes": text("104857600"), // as __consumer_offsets: what is active is not compacted
		},
	})
	if err != nil {
		return fmt.Errorf("the topic %s can't be created: %w", kafka.PluginsTopic, err)
	}
	var chunks []entry
	for start := 0; start < len(b); start += chunkSize {
		chunks = append(chunks, entry{chunkKey(d, len(chunks)), b[start:min(start+chunkSize, len(b))]})
	}
	if err := s.append(ctx, chunks); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cache.put(d, b)
	return nil
}

// remove deletes what the topic may hold of a digest, its first chunk last: survey sees by it that the others are gone.
func (s *store) remove(ctx context.Context, d plugin.Digest, chunks int) error {
	s.mu.Lock()
	s.cache.drop(d)
	s.mu.Unlock()
	var gone []entry
	for n := chunks - 1; n >= 0; n-- {
		gone = append(gone, entry{key: chunkKey(d, n)})
	}
	return s.append(ctx, gone)
}

// name tells readers of the topic the digest of a version; the zero digest takes that back.
func (s *store) name(ctx context.Context, ref plugin.Ref, d plugin.Digest) error {
	e := entry{key: ref.String()}
	if !d.IsZero() {
		e.value = []byte(d.String())
	}
	return s.append(ctx, []entry{e})
}

// entry is a record of the topic; a nil value deletes what has the key.
type entry struct {
	key   string
	value []byte
}

// append writes records, each in a batch of its own, and waits until all are committed.
func (s *store) append(ctx context.Context, entries []entry) error {
	partition := s.metadata.Image().Partition(topicPartition)
	if partition == nil {
		return errNoBytes
	}
	committed := newWaiter()
	cancel, err := s.writer.NotifyCommitted(topicPartition, committed.moved)
	if err != nil {
		return fmt.Errorf("%s: %w", kafka.PluginsTopic, err)
	}
	defer cancel()
	var builder record.Builder
	var end int64
	for _, e := range entries {
		h := record.NewHeader()
		h.BaseSequence = 0
		builder.Reset(nil, h)
		builder.Append(s.now().UnixMilli(), []byte(e.key), e.value)
		batch, err := builder.Finish()
		if err == nil {
			end, err = s.writer.AppendRecords(topicPartition, batch, partition.LeaderEpoch)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", kafka.PluginsTopic, err)
		}
	}
	return committed.wait(ctx, end)
}

// waiter waits for a high watermark.
type waiter struct {
	mu   sync.Mutex
	high int64
	news chan struct{} // holds one element after high moved
}

func newWaiter() *waiter { return &waiter{news: make(chan struct{}, 1)} }

func (w *waiter) moved(high int64) {
	w.mu.Lock()
	w.high = max(w.high, high)
	w.mu.Unlock()
	select {
	case w.news <- struct{}{}:
	default:
	}
}

func (w *waiter) wait(ctx context.Context, end int64) error {
	for {
		w.mu.Lock()
		high := w.high
		w.mu.Unlock()
		if high >= end {
			return nil
		}
		select {
		case <-w.news:
		case <-ctx.Done():
			return fmt.Errorf("%s: waiting until the bytes are committed: %w", kafka.PluginsTopic, ctx.Err())
		}
	}
}
