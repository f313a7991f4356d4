package stage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/core/record"
)

// seat is a slot without the type of its plugin.
type seat struct {
	kind   plugin.Kind
	policy plugin.Policy
	bound  plugin.Bound
	counts *plugin.SlotCounts
}

// label names the plugin as messages do: name@digest12.
func (s *seat) label() string { return Label(s.bound) }

// Label names a plugin as messages and metrics do: name@digest12, or the name alone while its bytes are not known.
func Label(b plugin.Bound) string {
	name, digest := b.Binding().Name, b.Info().Digest
	if digest.IsZero() {
		return name
	}
	return name + "@" + digest.Short()
}

// serialize runs a slot over the chunk.
func (j *Judgement) serialize(ctx context.Context, kind plugin.Kind, slot *plugin.Slot[plugin.Serializer], o *plugin.Outcome) error {
	j.call.Records = j.chunk.records
	err := call(ctx, slot.Plugin, slot.Policy.Mode, &j.call, o)
	if slot.Shadow != nil {
		j.shadowSerializer(ctx, slot, o, err)
	}
	s := seat{kind, slot.Policy, slot.Plugin, &slot.Counts}
	if err != nil {
		return j.failedCall(&s, err)
	}
	if o.AllKept() {
		return nil
	}
	verdicts, left := o.Verdicts(), 0
	for i := range verdicts {
		kept, err := j.apply(&s, i, &verdicts[i])
		if err != nil {
			return err
		}
		if kept {
			j.chunk.keep(left, i)
			left++
		}
	}
	j.chunk.cut(left)
	return nil
}

func call(ctx context.Context, s plugin.Serializer, mode plugin.Mode, b *plugin.Batch, o *plugin.Outcome) error {
	if mode == plugin.Transform {
		return s.Serialize(ctx, b, o)
	}
	return s.Validate(ctx, b, o)
}

// apply does what a verdict asks for and reports whether the record stays.
func (j *Judgement) apply(s *seat, i int, v *plugin.Verdict) (kept bool, err error) {
	switch v.Action {
	case plugin.Replace:
		r := &j.chunk.records[i]
		r.Key, r.Value, r.Headers, j.changed = v.Key, v.Value, v.Headers, true
		return true, nil
	case plugin.Drop:
		j.changed = true
		return false, nil
	case plugin.Reject:
		return false, j.reject(s, i, v.Code, v.Message)
	case plugin.Failed:
		return j.failedRecord(s, i, v.Failure)
	default:
		return true, nil
	}
}

// partition compares the chunk's partition with what the partitioner says.
func (j *Judgement) partition(ctx context.Context, slot *plugin.Slot[plugin.Partitioner]) error {
	c := &j.chunk
	keyed := j.call
	defer func() { j.call = keyed }()
	j.call.Partition, j.call.BrokerTime, j.call.ClientID, j.call.Records = plugin.NoPartition, 0, "", c.records
	j.chosen = slices.Grow(j.chosen[:0], len(c.records))[:len(c.records)]
	err := slot.Plugin.Partition(ctx, &j.call, j.chosen)
	if slot.Shadow != nil {
		j.shadowPartitioner(ctx, slot, err)
	}
	s := seat{plugin.KindPartitioner, slot.Policy, slot.Plugin, &slot.Counts}
	if err != nil {
		return j.failedCall(&s, err)
	}
	left := 0
	for i, chosen := range j.chosen {
		if chosen != plugin.NoPartition && chosen != j.request.Partition {
			s.counts.Mismatched.Add(1)
			if s.policy.Mode == plugin.Enforce {
				reason := fmt.Appendf(nil, "the record belongs into partition %d, not %d", chosen, j.request.Partition)
				if err := j.reject(&s, i, 0, reason); err != nil {
					return err
				}
				continue
			}
		}
		c.keep(left, i)
		left++
	}
	c.cut(left)
	return nil
}

// reject does with a record that a plugin refused what on.reject says. The record leaves the chunk.
func (j *Judgement) reject(s *seat, i int, code int32, reason []byte) error {
	switch s.policy.OnReject {
	case plugin.SkipRecord:
		s.counts.Skipped.Add(1)
		j.changed = true
	case plugin.DeadLetter:
		s.counts.DeadLettered.Add(1)
		j.changed = true
		return j.bury(s, i, code, reason)
	default:
		j.refuse(s, j.chunk.at[i], string(reason))
	}
	return nil
}

// failedRecord does with a record on which the plugin failed what on.error says.
func (j *Judgement) failedRecord(s *seat, i int, f *plugin.Failure) (kept bool, err error) {
	switch {
	case f.Retriable() || s.policy.OnError == plugin.RetryLater:
		return false, j.later(s, f)
	case s.policy.OnError == plugin.PassFailed:
		s.counts.Passed.Add(1)
		return true, nil
	}
	return false, j.reject(s, i, 0, []byte(f.Class.String()+": "+f.Reason))
}

// failedCall does the same with a call that decided about no record.
func (j *Judgement) failedCall(s *seat, cause error) error {
	f, ok := errors.AsType[*plugin.Failure](cause)
	if !ok { // the broker stops
		return j.later(s, &plugin.Failure{Plugin: s.label(), Class: plugin.Unavailable, Reason: cause.Error()})
	}
	left := 0
	for i := range j.chunk.records {
		kept, err := j.failedRecord(s, i, f)
		if err != nil {
			return err
		}
		if kept {
			j.chunk.keep(left, i)
			left++
		}
	}
	j.chunk.cut(left)
	return nil
}

// later asks the client to send the batch again. NOT_ENOUGH_REPLICAS says exactly that, nothing was written and the same
// leader may take it soon, and of all codes that do it is the one that every client retries on produce, without looking
// for another leader first.
func (j *Judgement) later(s *seat, f *plugin.Failure) error {
	s.counts.Refused.Add(1)
	return kafka.Errorf(kafka.NotEnoughReplicas, "%s; nothing was appended, try again", f.Error())
}

// shadowSerializer counts on how many records the shadow decides otherwise.
func (j *Judgement) shadowSerializer(ctx context.Context, slot *plugin.Slot[plugin.Serializer], o *plugin.Outcome, failed error) {
	if err := call(ctx, slot.Shadow, slot.Policy.Mode, &j.call, &j.shadow); err != nil {
		slot.Counts.ShadowFailed.Add(uint64(len(j.call.Records)))
		return
	}
	if failed != nil || o.AllKept() && j.shadow.AllKept() {
		return
	}
	for i, v := range j.shadow.Verdicts() {
		switch {
		case v.Action == plugin.Failed:
			slot.Counts.ShadowFailed.Add(1)
		case !same(&v, &o.Verdicts()[i]):
			slot.Counts.ShadowDiffered.Add(1)
		}
	}
}

// same reports whether two verdicts do the same to a record. How a refusal is worded does not matter.
func same(a, b *plugin.Verdict) bool {
	if a.Action != b.Action || a.Action != plugin.Replace {
		return a.Action == b.Action
	}
	return equal(a.Key, b.Key) && equal(a.Value, b.Value) && slices.EqualFunc(a.Headers, b.Headers, func(x, y record.RecordHeader) bool {
		return bytes.Equal(x.Key, y.Key) && equal(x.Value, y.Value)
	})
}

// equal tells null from empty.
func equal(a, b []byte) bool { return bytes.Equal(a, b) && (a == nil) == (b == nil) }

func (j *Judgement) shadowPartitioner(ctx context.Context, slot *plugin.Slot[plugin.Partitioner], failed error) {
	j.second = slices.Grow(j.second[:0], len(j.chosen))[:len(j.chosen)]
	if err := slot.Shadow.Partition(ctx, &j.call, j.second); err != nil {
		slot.Counts.ShadowFailed.Add(uint64(len(j.second)))
		return
	}
	for i := range j.second {
		if failed == nil && j.second[i] != j.chosen[i] {
			slot.Counts.ShadowDiffered.Add(1)
		}
	}
}
