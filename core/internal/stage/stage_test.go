package stage_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/jackdawmq/jackdaw/core/internal/stage"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/core/record"
)

// judge is a serializer that does what a function says, and notes how large its batches are.
type judge struct {
	does       func(b *plugin.Batch, o *plugin.Outcome)
	most, size int // records and bytes of the largest batch
	calls      int
	records    int
}

func (*judge) Binding() plugin.Binding { return plugin.Binding{Name: "judge"} }
func (*judge) Info() plugin.Info       { return plugin.Info{} }
func (*judge) Stats() plugin.Stats     { return plugin.Stats{} }
func (*judge) Close()                  {}

func (j *judge) Validate(_ context.Context, b *plugin.Batch, o *plugin.Outcome) error {
	j.calls++
	j.records += len(b.Records)
	j.most = max(j.most, len(b.Records))
	size := 0
	for i := range b.Records {
		size += len(b.Records[i].Key) + len(b.Records[i].Value)
	}
	j.size = max(j.size, size)
	o.Reset(len(b.Records))
	if j.does != nil {
		j.does(b, o)
	}
	return nil
}

func (j *judge) Serialize(ctx context.Context, b *plugin.Batch, o *plugin.Outcome) error {
	return j.Validate(ctx, b, o)
}
func (j *judge) Deserialize(ctx context.Context, b *plugin.Batch, o *plugin.Outcome) error {
	return j.Validate(ctx, b, o)
}

func rejectAll(b *plugin.Batch, o *plugin.Outcome) {
	for i := range b.Records {
		o.Set(i, plugin.Verdict{Action: plugin.Reject, Message: []byte("no")})
	}
}

// build makes a batch of n records.
func build(t *testing.T, codec record.Codec, n int, value []byte, headers ...record.RecordHeader) record.Batch {
	t.Helper()
	h := record.NewHeader()
	h.Attributes = int16(codec)
	var b record.Builder
	b.Reset(nil, h)
	for range n {
		b.Append(1, nil, value, headers...)
	}
	batch, err := b.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return batch
}

// open returns the batch's records until the end of the test.
func open(t *testing.T, batch record.Batch) record.Records {
	t.Helper()
	records, err := batch.Open(64<<20, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { records.Close() })
	return records
}

func run(t *testing.T, j *judge, p plugin.Policy, batch record.Batch) (*stage.Judgement, error) {
	t.Helper()
	chain := plugin.NewChain("t")
	chain.DeadLetters = "t.dlq"
	chain.Value = &plugin.Slot[plugin.Serializer]{Plugin: j, Policy: p}
	rules := record.DefaultValidateOptions(kafka.TopicPartition{Topic: "t"})
	rules.MaxMessageBytes = math.MaxInt32
	return stage.Judge(t.Context(), &stage.Request{
		Chain: chain, Batch: batch, Header: batch.Header(), Records: open(t, batch), NumPartitions: 1, Rules: &rules,
	})
}

// TestChunks: a plugin is never called with more than the memory bounds allow, and with every record once.
func TestChunks(t *testing.T) {
	f := func(codec record.Codec, n int, value []byte, headers ...record.RecordHeader) *judge {
		t.Helper()
		var j judge
		got, err := run(t, &j, plugin.Policy{Mode: plugin.Validate}, build(t, codec, n, value, headers...))
		if err != nil || got.Rewritten || j.records != n {
			t.Errorf("%d of %d records were judged: %v", j.records, n, err)
		}
		got.Release()
		return &j
	}
	if j := f(record.None, 10_000, []byte("v")); j.most != 4096 || j.calls != 3 {
		t.Errorf("%d calls with up to %d records", j.calls, j.most)
	}
	if j := f(record.Zstd, 300_000, nil); j.most != 4096 {
		t.Errorf("%d records in a call", j.most)
	}
	if j := f(record.None, 10, make([]byte, 300<<10)); j.size > 1<<20 || j.calls != 4 {
		t.Errorf("%d calls with up to %d bytes", j.calls, j.size)
	}
	if j := f(record.Gzip, 3, make([]byte, 5<<20)); j.calls != 3 { // larger than a chunk: one by one
		t.Errorf("%d calls for three large records", j.calls)
	}
	many := make([]record.RecordHeader, 40_000)
	for i := range many {
		many[i].Key = []byte{}
	}
	if j := f(record.Snappy, 4, nil, many...); j.most != 1 {
		t.Errorf("%d records with %d headers each in a call", j.most, len(many))
	}
	if _, err := run(t, &judge{}, plugin.Policy{Mode: plugin.Validate}, build(t, record.Zstd, 1, nil, append(many, many...)...)); !errors.Is(err, kafka.InvalidRecord) {
		t.Errorf("a record with %d headers: %v", 2*len(many), err)
	}
}

func TestRecordErrorsAreBounded(t *testing.T) {
	j := judge{does: rejectAll}
	got, err := run(t, &j, plugin.Policy{Mode: plugin.Validate}, build(t, record.None, 5000, nil))
	defer got.Release()
	if !errors.Is(err, kafka.InvalidRecord) || len(got.RecordErrors) != record.MaxRecordErrors || j.records != 5000 {
		t.Errorf("%d record errors after %d records: %v", len(got.RecordErrors), j.records, err)
	}
	if message := *kafka.MessageOf(err); message != "plugin judge: no (record 0 of the batch; 5000 of 5000 are rejected)" {
		t.Errorf("the message is %q", message)
	}
}

func TestDeadLettersAreBounded(t *testing.T) {
	j := judge{does: rejectAll}
	policy := plugin.Policy{Mode: plugin.Validate, OnReject: plugin.DeadLetter}
	got, err := run(t, &j, policy, build(t, record.LZ4, 40, make([]byte, 100<<10)))
	if err != nil {
		t.Fatal(err)
	}
	batches, records := 0, 0
	for b, err := range record.Batches(got.DeadLetters) {
		if err != nil || b.VerifyCRC() != nil || b.Codec() != record.LZ4 {
			t.Fatal(err, b.Codec())
		}
		h := b.Header()
		batches, records = batches+1, records+int(h.Count)
	}
	if batches < 5 || records != 40 || got.Header.Count != 0 || got.Header.LastOffsetDelta != 39 {
		t.Errorf("%d dead letters in %d batches; %d records are left", records, batches, got.Header.Count)
	}
	got.Release()
	got, err = run(t, &j, policy, build(t, record.Zstd, 50, make([]byte, 1<<20)))
	got.Release()
	if !errors.Is(err, kafka.MessageTooLarge) {
		t.Errorf("50 MiB of dead letters: %v", err)
	}
}

// TestRewrittenBatchIsBounded: what a small compressed batch may become is limited before it is built.
func TestRewrittenBatchIsBounded(t *testing.T) {
	large := []byte(strings.Repeat("x", 1<<20))
	j := judge{does: func(b *plugin.Batch, o *plugin.Outcome) {
		for i := range b.Records {
			o.Set(i, plugin.Verdict{Action: plugin.Replace, Value: large})
		}
	}}
	got, err := run(t, &j, plugin.Policy{Mode: plugin.Transform}, build(t, record.Zstd, 4000, []byte("v")))
	got.Release()
	if !errors.Is(err, kafka.MessageTooLarge) {
		t.Errorf("4 GB out of a batch of a few bytes: %v", err)
	}
}

func TestUnloadedChain(t *testing.T) {
	chain := stage.Unloaded("t")
	batch := build(t, record.None, 1, nil)
	rules := record.DefaultValidateOptions(kafka.TopicPartition{Topic: "t"})
	got, err := stage.Judge(t.Context(), &stage.Request{Chain: chain, Batch: batch, Header: batch.Header(), Records: open(t, batch), Rules: &rules})
	got.Release()
	if code := kafka.CodeOf(err); !code.Retriable() || !strings.Contains(err.Error(), "still loading") {
		t.Errorf("answers %v", err)
	}
}
