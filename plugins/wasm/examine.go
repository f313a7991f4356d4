package wasm

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/core/record"
)

// examiner compares the answers of one function on two instances.
type examiner struct {
	ctx      context.Context
	function function
	on       [2]*pool
	report   FunctionReport
	busy     time.Duration
}

// decision is an answer for a record, in a form that can be compared.
type decision struct {
	verdict   plugin.Verdict
	partition int32
}

func (x *examiner) batches(batches []*plugin.Batch) {
	first := make([][]decision, len(batches))
	for i, b := range batches {
		first[i] = x.batch(0, b)
	}
	for i, b := range batches {
		x.compare(b, first[i], x.batch(0, b), "again on the same instance")
	}
	for i, b := range slices.Backward(batches) {
		x.compare(b, first[i], x.batch(1, b), "on another instance, in reverse order")
	}
	for i, b := range batches {
		if len(b.Records) > 1 {
			middle := len(b.Records) / 2
			left, right := *b, *b
			left.Records, right.Records = b.Records[:middle], b.Records[middle:]
			x.compare(b, first[i], slices.Concat(x.batch(1, &left), x.batch(1, &right)), "with the batch split in two")
		}
	}
}

// batch makes the calls for one batch; nil means that they failed.
func (x *examiner) batch(instance int, b *plugin.Batch) []decision {
	p := x.on[instance]
	decisions := make([]decision, len(b.Records))
	start := time.Now()
	var o plugin.Outcome
	var err error
	switch s := (serializer{p}); x.function {
	case validate:
		err = s.Validate(x.ctx, b, &o)
	case serialize:
		err = s.Serialize(x.ctx, b, &o)
	case deserialize:
		err = s.Deserialize(x.ctx, b, &o)
	case partition:
		out := make([]int32, len(b.Records))
		err = (&partitioner{p}).Partition(x.ctx, b, out)
		for i := range out {
			decisions[i].partition = out[i]
		}
	}
	x.busy += time.Since(start)
	if err != nil {
		x.failed(err)
		return nil
	}
	for i, v := range o.Verdicts() {
		decisions[i].verdict = v
		if v.Action == plugin.Failed {
			x.failed(fmt.Errorf("record %d: %w", i, v.Failure))
		}
	}
	return decisions
}

func (x *examiner) compare(b *plugin.Batch, want, got []decision, when string) {
	if len(want) != len(got) {
		x.differs("a batch of %s fails once and not the other time, %s", b.Topic, when)
		return
	}
	for i := range want {
		if !want[i].equal(&got[i]) {
			x.differs("record %d: %s at first, %s %s", i, &want[i], &got[i], when)
		}
	}
}

func (d *decision) equal(e *decision) bool {
	v, w := &d.verdict, &e.verdict
	return d.partition == e.partition && v.Action == w.Action && v.Code == w.Code && bytes.Equal(v.Message, w.Message) &&
		same(v.Key, w.Key) && same(v.Value, w.Value) &&
		slices.EqualFunc(v.Headers, w.Headers, func(a, b record.RecordHeader) bool { return same(a.Key, b.Key) && same(a.Value, b.Value) })
}

// same tells null from empty.
func same(a, b []byte) bool { return (a == nil) == (b == nil) && bytes.Equal(a, b) }

func (d *decision) String() string {
	switch d.verdict.Action {
	case plugin.Reject:
		return fmt.Sprintf("reject (%s)", d.verdict.Message)
	case plugin.Replace:
		return fmt.Sprintf("replace (%d bytes)", len(d.verdict.Key)+len(d.verdict.Value))
	}
	if d.partition != 0 {
		return fmt.Sprintf("partition %d", d.partition)
	}
	return d.verdict.Action.String()
}

func (x *examiner) groups(groups []*plugin.Group) {
	first := make([][][]plugin.Assigned, len(groups))
	for i, g := range groups {
		first[i] = x.group(0, g)
	}
	for i, g := range groups {
		x.compareGroup(g, first[i], x.group(0, g), "again on the same instance")
	}
	for i, g := range slices.Backward(groups) {
		x.compareGroup(g, first[i], x.group(1, g), "on another instance, in reverse order")
	}
}

func (x *examiner) group(instance int, g *plugin.Group) [][]plugin.Assigned {
	var a plugin.Assignment
	start := time.Now()
	err := (&assignor{x.on[instance]}).Assign(x.ctx, g, &a)
	x.busy += time.Since(start)
	if err != nil {
		x.failed(err)
		return nil
	}
	return a.Members
}

func (x *examiner) compareGroup(g *plugin.Group, want, got [][]plugin.Assigned, when string) {
	if !slices.EqualFunc(want, got, func(a, b []plugin.Assigned) bool { return slices.Equal(a, b) }) {
		x.differs("group %s: the assignment is another one, %s", g.ID, when)
	}
}

func (x *examiner) failed(err error) {
	if len(x.report.Failures) < maxFindings {
		x.report.Failures = append(x.report.Failures, err.Error())
	}
}

func (x *examiner) differs(format string, args ...any) {
	if len(x.report.Nondeterminism) < maxFindings {
		x.report.Nondeterminism = append(x.report.Nondeterminism, fmt.Sprintf(format, args...))
	}
}

// measure sums up what the calls took.
func (x *examiner) measure() {
	var fuel uint64
	for _, p := range x.on {
		s := p.Stats()
		x.report.Records += int(s.Records)
		fuel += s.Fuel
	}
	if n := x.report.Records; n > 0 {
		x.report.FuelPerRecord = float64(fuel) / float64(n)
		x.report.TimePerRecord = x.busy / time.Duration(n)
	}
}
