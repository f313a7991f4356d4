package handler_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/core/record"
)

// TestPluginPolicies goes through every mode and policy, with verdicts and with failures.
func TestPluginPolicies(t *testing.T) {
	type outcome struct {
		code    kafka.ErrorCode
		message string // prefix
		errors  string // "index message;"
		stored  string
		letters string
	}
	const label = "plugin fake@e3b0c44298fc: "
	f := func(mode plugin.Mode, onReject plugin.OnReject, onError plugin.OnError, sent string, want outcome) {
		t.Helper()
		b, _ := judged(t, plugin.Policy{Mode: mode, OnReject: onReject, OnError: onError})
		a := b.produce("t", 0, batch(t, nil, strings.Fields(sent)...))
		var errors strings.Builder
		for _, e := range a.ErrorRecords {
			fmt.Fprintf(&errors, "%d %s;", e.RelativeOffset, text(e.ErrorMessage))
		}
		stored, letters := strings.Join(b.stored("t"), " "), strings.Join(b.stored("t.dlq"), " ")
		if kafka.ErrorCode(a.ErrorCode) != want.code || errors.String() != want.errors || stored != want.stored || letters != want.letters ||
			want.code != 0 && !strings.HasPrefix(text(a.ErrorMessage), want.message) {
			t.Errorf("%s, on.reject=%s, on.error=%s, %q:\n%v %q, errors %q, stored %q, dead letters %q\nwant %+v",
				mode, onReject, onError, sent, kafka.ErrorCode(a.ErrorCode), text(a.ErrorMessage), errors.String(), stored, letters, want)
		}
	}
	for _, mode := range []plugin.Mode{plugin.Validate, plugin.Transform} {
		for _, onError := range []plugin.OnError{plugin.RetryLater, plugin.RejectFailed, plugin.PassFailed} {
			f(mode, plugin.RejectBatch, onError, "a b", outcome{stored: "a b"})
			f(mode, plugin.RejectBatch, onError, "a bad b bad2", outcome{code: kafka.InvalidRecord,
				message: label + "bad is bad (record 1 of the batch; 2 of 4 are rejected)", errors: "1 bad is bad;3 bad2 is bad;"})
			f(mode, plugin.SkipRecord, onError, "a bad b", outcome{stored: "a b"})
			f(mode, plugin.SkipRecord, onError, "bad", outcome{})
			f(mode, plugin.DeadLetter, onError, "a bad b bad2", outcome{stored: "a b", letters: "bad bad2"})
			f(mode, plugin.RejectBatch, onError, "a busy", outcome{code: kafka.NotEnoughReplicas, message: label + "unavailable: "})
		}
		for _, onReject := range []plugin.OnReject{plugin.RejectBatch, plugin.SkipRecord, plugin.DeadLetter} {
			f(mode, onReject, plugin.RetryLater, "a fail", outcome{code: kafka.NotEnoughReplicas, message: label + "trap: "})
			f(mode, onReject, plugin.RetryLater, "a call", outcome{code: kafka.NotEnoughReplicas, message: label + "out_of_fuel: "})
			f(mode, onReject, plugin.RetryLater, "bad busy", outcome{code: kafka.NotEnoughReplicas, message: label})
		}
		f(mode, plugin.RejectBatch, plugin.RejectFailed, "fail", outcome{code: kafka.InvalidRecord,
			message: label + "trap: the fake was told to", errors: "0 trap: the fake was told to;"})
		f(mode, plugin.RejectBatch, plugin.RejectFailed, "a call", outcome{code: kafka.InvalidRecord,
			message: label, errors: "0 out_of_fuel: the fake was told to;1 out_of_fuel: the fake was told to;"})
		f(mode, plugin.SkipRecord, plugin.RejectFailed, "a fail b", outcome{stored: "a b"})
		f(mode, plugin.DeadLetter, plugin.RejectFailed, "a fail b", outcome{stored: "a b", letters: "fail"})
		f(mode, plugin.DeadLetter, plugin.RejectFailed, "a call", outcome{letters: "a call"})
	}
	f(plugin.Validate, plugin.RejectBatch, plugin.PassFailed, "a fail call", outcome{stored: "a fail call"})
	f(plugin.Validate, plugin.RejectBatch, plugin.PassFailed, "a fail bad", outcome{code: kafka.InvalidRecord,
		message: label + "bad is bad (record 2 of the batch)", errors: "2 bad is bad;"})
	f(plugin.Transform, plugin.RejectBatch, plugin.RetryLater, "a up drop null upper", outcome{stored: "a UP  UPPER"})
	f(plugin.Transform, plugin.DeadLetter, plugin.RetryLater, "drop bad", outcome{letters: "bad"})
}

func TestPluginPartitioner(t *testing.T) {
	b := newBroker(t)
	b.createTopic("t", 2, "jackdaw.partitioner", "fake@1")
	fake := &fakePlugin{kind: plugin.KindPartitioner, name: "fake"}
	var slot *plugin.Slot[plugin.Partitioner]
	use := func(p plugin.Policy) {
		slot = &plugin.Slot[plugin.Partitioner]{Plugin: fake, Policy: p}
		b.bind("t", func(c *plugin.Chain) { c.Partitioner = slot })
	}
	keyed := func(keys ...string) []byte {
		var builder record.Builder
		builder.Reset(nil, record.NewHeader())
		for _, k := range keys {
			builder.Append(1, []byte(k), []byte(k))
		}
		records, err := builder.Finish()
		if err != nil {
			t.Fatal(err)
		}
		return records
	}
	use(plugin.Policy{Mode: plugin.Observe})
	if a := b.produce("t", 0, keyed("one", "two", "one")); a.ErrorCode != 0 || slot.Counts.Mismatched.Load() != 2 {
		t.Errorf("observing answers %v and counts %d", kafka.ErrorCode(a.ErrorCode), slot.Counts.Mismatched.Load())
	}
	if a := b.produce("t", 0, keyed("call")); a.ErrorCode != int16(kafka.NotEnoughReplicas) {
		t.Errorf("a failure answers %v", kafka.ErrorCode(a.ErrorCode))
	}
	use(plugin.Policy{Mode: plugin.Enforce})
	const message = "the record belongs into partition 1, not 0"
	if a := b.produce("t", 0, keyed("two", "one")); a.ErrorCode != int16(kafka.InvalidRecord) || len(a.ErrorRecords) != 1 ||
		a.ErrorRecords[0].RelativeOffset != 1 || text(a.ErrorRecords[0].ErrorMessage) != message {
		t.Errorf("enforcing answers %+v", a)
	}
	if a := b.produce("t", 1, keyed("two", "one")); a.ErrorCode != 0 {
		t.Errorf("the right partition answers %v", kafka.ErrorCode(a.ErrorCode))
	}
	use(plugin.Policy{Mode: plugin.Enforce, OnReject: plugin.SkipRecord})
	if a := b.produce("t", 0, keyed("two", "one")); a.ErrorCode != 0 || !slices.Equal(b.stored("t"), []string{"one", "two", "one", "two"}) {
		t.Errorf("skipping answers %v and stores %q", kafka.ErrorCode(a.ErrorCode), b.stored("t"))
	}
}

// TestPluginIdempotence: a retry of a stored batch gets its first offset and no second verdict, whatever the chain left of
// the batch.
func TestPluginIdempotence(t *testing.T) {
	b, fake := judged(t, plugin.Policy{Mode: plugin.Transform, OnReject: plugin.SkipRecord})
	f := func(sequence int32, sent string, want kafka.ErrorCode, base, calls int64) {
		t.Helper()
		a := b.produce("t", 0, batch(t, from(9, 0, sequence), strings.Fields(sent)...))
		if a.ErrorCode != int16(want) || a.BaseOffset != base || fake.calls.Load() != calls {
			t.Errorf("sequence %d: %v at %d after %d calls; want %v at %d after %d", sequence, kafka.ErrorCode(a.ErrorCode), a.BaseOffset, fake.calls.Load(), want, base, calls)
		}
	}
	f(0, "up bad a", kafka.NoError, 0, 1)
	f(0, "up bad a", kafka.NoError, 0, 1)
	f(3, "drop drop", kafka.NoError, 3, 2) // nothing is left of it
	f(3, "drop drop", kafka.NoError, 3, 2)
	f(6, "a", kafka.OutOfOrderSequenceNumber, -1, 2) // no verdict about what can't be appended
	f(5, "busy", kafka.NotEnoughReplicas, -1, 3)
	f(5, "b", kafka.NoError, 5, 4)
	if got, want := b.stored("t"), []string{"UP", "a", "b"}; !slices.Equal(got, want) {
		t.Errorf("stored %q, want %q", got, want)
	}
	if end := b.fetchOne(fetchRequest(12, "t", kafka.TopicID{}, 0, 0)).HighWatermark; end != 6 {
		t.Errorf("high watermark %d, want 6", end)
	}
}
