package hostile_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/klauspost/compress/s2"
	"github.com/pierrec/lz4/v4"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// storedCodecs are the values of compression.type that make the broker store another codec than the producer's.
var storedCodecs = []string{"uncompressed", "gzip", "snappy", "lz4", "zstd"}

// createRecompressing makes a topic for each stored codec, named after it, with further configs.
func (tg *target) createRecompressing(configs ...string) {
	tg.t.Helper()
	for _, codec := range storedCodecs {
		tg.createTopic(codec, 1, append([]string{"compression.type", codec}, configs...)...)
	}
}

// compressed returns a batch of n records with a value, in the codec of a batch's attributes.
func compressed(t *testing.T, codec int16, n int, value []byte) []byte {
	t.Helper()
	b := newBatch()
	b.NumRecords, b.LastOffsetDelta, b.Attributes, b.Records = int32(n), int32(n-1), codec, nil
	for i := range n {
		r := kmsg.NewRecord()
		r.OffsetDelta, r.Value = int32(i), value
		r.Length = int32(len(r.AppendTo(nil)) - 1)
		b.Records = r.AppendTo(b.Records)
	}
	b.Records = compress(t, codec, b.Records)
	return encode(b)
}

// compress is what a producer does.
func compress(t *testing.T, codec int16, records []byte) []byte {
	t.Helper()
	switch codec {
	case 1:
		return gzipped(t, records)
	case 2:
		return s2.EncodeSnappy(nil, records)
	case 3:
		var out bytes.Buffer
		w := lz4.NewWriter(&out)
		if err := w.Apply(lz4.BlockSizeOption(lz4.Block64Kb)); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(records); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	case 4:
		return zstandard(t, records)
	}
	return records
}

// storesOf reads a topic's partition to its end, as consumers do, and returns how many records it holds.
func (tg *target) storesOf(topic string) (n int) {
	tg.t.Helper()
	ctx, cancel := context.WithTimeout(tg.t.Context(), hang)
	defer cancel()
	list := kmsg.NewPtrListOffsetsRequest()
	list.SetVersion(7)
	t, p := kmsg.NewListOffsetsRequestTopic(), kmsg.NewListOffsetsRequestTopicPartition()
	p.Timestamp = -1
	t.Topic, t.Partitions = topic, []kmsg.ListOffsetsRequestTopicPartition{p}
	list.Topics = []kmsg.ListOffsetsRequestTopic{t}
	end := tg.ask(list).(*kmsg.ListOffsetsResponse).Topics[0].Partitions[0].Offset
	client, err := kgo.NewClient(kgo.SeedBrokers(tg.Addr), kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {0: kgo.NewOffset().At(0)}}))
	if err != nil {
		tg.t.Fatal(err)
	}
	defer client.Close()
	for next := int64(0); next < end; {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			tg.t.Fatalf("%s: reading back after %d of %d offsets: %v", topic, next, end, err)
		}
		for it := fetches.RecordIter(); !it.Done(); n++ {
			next = it.Next().Offset + 1
		}
	}
	return n
}

// Every codec into every other one: what is right arrives as it was sent.
func TestRecompression(t *testing.T) {
	tg := attack(t)
	tg.createRecompressing()
	w := tg.connect()
	for _, topic := range storedCodecs {
		for codec := range int16(5) {
			if code, gone := tg.produceTo(w, topic, compressed(t, codec, 3, []byte("value"))); code != 0 || gone {
				t.Errorf("codec %d into %s: error code %d, closed %t", codec, topic, code, gone)
			}
		}
		if n := tg.storesOf(topic); n != 15 {
			t.Errorf("%s holds %d records of 15", topic, n)
		}
	}
}

// Decompression bombs in every codec into every other one, many at the same time.
func TestRecompressedBombs(t *testing.T) {
	tg := attack(t)
	tg.createRecompressing()
	var running sync.WaitGroup
	for name, records := range bombs(t) {
		b := newBatch()
		b.Attributes, b.Records = codecs[name[0]], records
		raw := encode(b)
		for _, topic := range storedCodecs {
			running.Go(func() {
				w, err := tg.dial()
				if err != nil {
					t.Error(err)
					return
				}
				defer func() { _ = w.Close() }()
				for range scale(1, 4) {
					resp, err := w.request(produceRequest(topic, raw))
					if err != nil {
						t.Errorf("%s into %s: %v", name, topic, err)
						return
					}
					if code := produceCode(resp); code == 0 || code == -1 {
						t.Errorf("%s into %s: error code %d", name, topic, code)
					}
				}
			})
		}
	}
	running.Wait()
}

// Random bytes, cut-off and damaged streams, and records in a codec that is not theirs, into topics of another codec. What is
// taken in spite of it is written anew, so consumers must be able to read all of it. (What stays as it is TestBatchesWithFlippedBits
// looks at; there Kafka, and so the broker, takes bytes behind a gzip stream and gaps between uncompressed offsets.)
func TestRecompressedGarbage(t *testing.T) {
	tg := attack(t)
	tg.createRecompressing()
	w := tg.connect()
	for stored, topic := range storedCodecs {
		accepted := 0
		for codec := range int16(8) {
			if int(codec) == stored {
				continue
			}
			for _, records := range tg.garbage(codec) {
				b := newBatch()
				b.Attributes, b.Records = codec, records
				code, gone := tg.produceTo(w, topic, encode(b))
				switch {
				case gone:
					w = tg.connect()
				case code == -1:
					t.Errorf("codec %d into %s: UNKNOWN_SERVER_ERROR for % x", codec, topic, records)
				case code == 0:
					accepted++
				}
			}
		}
		if n := tg.storesOf(topic); n != accepted {
			t.Errorf("%s holds %d records, and %d were accepted", topic, n, accepted)
		}
	}
}

// garbage returns what claims to be one record in a codec.
func (tg *target) garbage(codec int16) [][]byte {
	whole := newBatch().Records
	stream := compress(tg.t, codec, whole)
	list := [][]byte{whole}
	for cut := range stream {
		list = append(list, stream[:cut])
	}
	for range scale(30, 300) {
		flipped := slices.Clone(stream)
		flipped[tg.rand.IntN(len(stream))] ^= 1 << tg.rand.IntN(8)
		list = append(list, flipped, tg.randomBytes(1+tg.rand.IntN(300)), slices.Concat(stream, tg.randomBytes(1+tg.rand.IntN(20))))
	}
	return list
}

func (tg *target) randomBytes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(tg.rand.Uint32())
	}
	return b
}

// Counts and lengths that lie inside of a stream that decompresses.
func TestRecompressedLies(t *testing.T) {
	tg := attack(t)
	tg.createRecompressing()
	w := tg.connect()
	for _, topic := range storedCodecs {
		for codec := range int16(5) {
			for _, length := range []int64{-1, 0, 1, 1 << 20, 1<<31 - 1} {
				for _, count := range []int32{-1, 0, 2, 1000, 1<<31 - 1} {
					b := newBatch()
					b.Attributes, b.NumRecords, b.LastOffsetDelta = codec, count, count-1
					b.Records = compress(t, codec, append(binary.AppendVarint(nil, length), b.Records[1:]...))
					if code, gone := tg.produceTo(w, topic, encode(b)); gone || code == 0 || code == -1 {
						t.Errorf("%d records of %d bytes in codec %d into %s: error code %d, closed %t", count, length, codec, topic, code, gone)
					}
				}
			}
		}
	}
}

// max.message.bytes is about what the producer sends and about what is stored: a small batch that becomes a large one is
// refused, and so is a large one that would become small.
func TestMaxMessageBytesAfterRecompression(t *testing.T) {
	tg := attack(t)
	const limit = 10_000
	tg.createRecompressing("max.message.bytes", fmt.Sprint(limit))
	w := tg.connect()
	zeros, noise := make([]byte, 10*limit), tg.randomBytes(limit-200)
	for _, topic := range storedCodecs {
		expect := func(what string, raw []byte, want int16) {
			t.Helper()
			if code, gone := tg.produceTo(w, topic, raw); code != want || gone {
				t.Errorf("%s, %d bytes, into %s: error code %d, want %d, closed %t", what, len(raw), topic, code, want, gone)
			}
		}
		for codec := range int16(5) {
			small, stored := compressed(t, codec, 1, zeros), int16(0)
			if topic == "uncompressed" || len(small) > limit {
				stored = kerr.MessageTooLarge.Code
			}
			expect(fmt.Sprintf("zeros in codec %d", codec), small, stored)
			expect(fmt.Sprintf("noise in codec %d", codec), compressed(t, codec, 1, noise), 0)
		}
		// Noise that just fits when it is not compressed may not fit when it is: either is right, but a consumer reads what is there.
		fits := compressed(t, 0, 1, tg.randomBytes(limit-75))
		if code, gone := tg.produceTo(w, topic, fits); gone || code != 0 && code != kerr.MessageTooLarge.Code {
			t.Errorf("noise of %d bytes into %s: error code %d, closed %t", len(fits), topic, code, gone)
		}
		tg.storesOf(topic)
	}
}
