package record_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/jackdawmq/jackdaw/core/record"
)

// The batches in testdata/java-*.batch were written by Kafka 4.3.1's own MemoryRecords with its own compressors: 200
// records of producer 4242, with null keys and values and headers among them. They must be accepted untouched, and hold
// what was written.
func TestBatchesOfKafka(t *testing.T) {
	for _, codec := range codecs {
		t.Run(codec.String(), func(t *testing.T) {
			b, err := os.ReadFile(filepath.Join("testdata", "java-"+codec.String()+".batch"))
			if err != nil {
				t.Fatal(err)
			}
			sent := bytes.Clone(b)
			result, err := record.Validate(b, options(nil), testTime)
			if err != nil || result.Rebuilt || !bytes.Equal(result.Batch, sent) {
				t.Fatalf("validation: rebuilt %v, error %v", result.Rebuilt, err)
			}
			h := result.Header
			if h.Codec() != codec || h.ProducerID != 4242 || h.ProducerEpoch != 3 || h.BaseSequence != 17 || h.Count != 200 {
				t.Fatalf("header is %+v", h)
			}
			for r, offset := range offsets(t, result.Batch) {
				if got, want := describe(&r), kafkaRecord(int(offset)); got != want || h.RecordTimestamp(&r) != 1700000000000+offset {
					t.Fatalf("record %d is %s at %d, want %s", offset, got, h.RecordTimestamp(&r), want)
				}
			}
		})
	}
}

// describe prints a record so that null and empty differ.
func describe(r *record.Record) string {
	s := fmt.Sprintf("%t %s %t %s", r.Key == nil, r.Key, r.Value == nil, r.Value)
	for h := range r.Headers() {
		s += fmt.Sprintf(" %s=%x", h.Key, h.Value)
	}
	return s
}

// kafkaRecord describes the record that was written as number i.
func kafkaRecord(i int) string {
	var r record.Record
	if i%3 != 0 {
		r.Key = fmt.Appendf(nil, "key-%d", i)
	}
	if i%5 != 0 {
		r.Value = fmt.Appendf(nil, "value-%d-jackdaw-jackdaw", i)
	}
	s := describe(&r)
	if i%2 == 0 {
		s += fmt.Sprintf(" trace=%02x", i)
	}
	return s
}

// Without compression the builder must write the very bytes that Kafka writes.
func TestBuilderWritesKafkasBytes(t *testing.T) {
	want, err := os.ReadFile("testdata/java-none.batch")
	if err != nil {
		t.Fatal(err)
	}
	from := record.Batch(want).Header()
	got := build(t, func(h *record.Header) {
		h.ProducerID, h.ProducerEpoch, h.BaseSequence, h.LeaderEpoch = 4242, 3, 17, from.LeaderEpoch
	}, func(b *record.Builder) {
		for r := range offsets(t, want) {
			var headers []record.RecordHeader
			for h := range r.Headers() {
				headers = append(headers, h)
			}
			b.Append(from.RecordTimestamp(&r), r.Key, r.Value, headers...)
		}
	})
	if !bytes.Equal(got, want) {
		t.Errorf("the builder wrote\n%x\nKafka wrote\n%x", got, want)
	}
}
