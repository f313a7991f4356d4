package wasm

import (
	"context"
	"time"

	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/sdk/abi"
)

// maxFailures is how many failed calls a batch may cost before it fails as a whole: enough to find the records, one or two
// of ten thousand, on which a plugin fails.
const maxFailures = 32

// serializer is a pool bound for keys or values.
type serializer struct{ *pool }

var _ plugin.Serializer = (*serializer)(nil)

// Validate judges each record.
func (s *serializer) Validate(ctx context.Context, b *plugin.Batch, o *plugin.Outcome) error {
	return s.run(ctx, validate, plugin.CanValidate, b, o)
}

// Serialize rewrites records before the append.
func (s *serializer) Serialize(ctx context.Context, b *plugin.Batch, o *plugin.Outcome) error {
	return s.run(ctx, serialize, plugin.CanSerialize, b, o)
}

// Deserialize rewrites records for a reader.
func (s *serializer) Deserialize(ctx context.Context, b *plugin.Batch, o *plugin.Outcome) error {
	return s.run(ctx, deserialize, plugin.CanDeserialize, b, o)
}

func (s *serializer) run(ctx context.Context, f function, can plugin.Functions, b *plugin.Batch, o *plugin.Outcome) error {
	o.Reset(len(b.Records))
	w := work{pool: s.pool, function: f, batch: b, outcome: o}
	return w.run(ctx, can)
}

// work is one batch on its way through the plugin.
type work struct {
	pool     *pool
	function function
	batch    *plugin.Batch
	outcome  *plugin.Outcome // of a serializer
	out      []int32         // of a partitioner
	failures int
	most     int             // records in a call, once the guest ran out of memory
	size     int             // of the input of the next call, at most
	poison   *plugin.Failure // the last that a single record caused
}

func (w *work) run(ctx context.Context, can plugin.Functions) error {
	p := w.pool
	if !p.program.info.Functions.Has(can) {
		return &plugin.Failure{Plugin: p.label, Class: plugin.Unsupported, Reason: "it does not export " + exportOf[w.function]}
	}
	if err := p.enter(); err != nil {
		return err
	}
	defer p.leave()
	w.most = abi.MaxBatchRecords
	err := w.span(ctx, 0, len(w.batch.Records))
	switch {
	case err != nil:
		p.settled(err)
	case w.poison != nil:
		p.settled(w.poison)
	default:
		p.settled(nil)
	}
	return err
}

// span decides about a range of records, in as many calls as it takes. When a call fails, halves of it are tried, down to
// the records that are at fault.
func (w *work) span(ctx context.Context, from, to int) error {
	for from < to {
		end := w.cut(from, to)
		failure, err := w.attempt(ctx, from, end)
		switch {
		case err != nil:
			return err
		case failure == nil:
			from = end
			continue
		case failure.Retriable():
			return failure
		case failure.Class == plugin.OutOfMemory && end-from > 1:
			w.most = (end - from) / 2
			w.pool.room.Store(int64(max(w.size/2, abi.MinReserve)))
			continue
		}
		if w.failures++; w.failures > maxFailures {
			return failure
		}
		if end-from == 1 {
			if w.outcome == nil {
				return failure // a partition can't be left open
			}
			w.poison = failure
			w.outcome.Set(from, plugin.Verdict{Action: plugin.Failed, Failure: failure})
		} else {
			middle := from + (end-from)/2
			if err := w.span(ctx, from, middle); err != nil {
				return err
			}
			if err := w.span(ctx, middle, end); err != nil {
				return err
			}
		}
		from = end
	}
	return nil
}

// cut returns the end of the next call: 1 MiB or what the guest has room for, 4096 records, or what about 2 ms of work are by
// what it took so far.
func (w *work) cut(from, to int) int {
	p := w.pool
	l := lens{p.binding.Kind, abi.InterestAll} // an upper bound: guests that look at less get less
	w.size = l.fixedSize(w.batch)
	most, room := w.most, int(p.room.Load())
	if average := p.stats.fuelPerRecord.Load(); average > 0 {
		most = max(1, min(most, int(scaled(cutFuel, p.program.wasi)/average)))
	}
	end := from
	for end < to && end-from < most {
		size := w.size + l.recordSize(&w.batch.Records[end])
		if size > room && end > from {
			break
		}
		w.size = size
		end++
	}
	return end
}

// attempt makes one call, and a second one on a fresh instance if the first may have failed for what earlier calls left.
// The error says that no call could be made.
func (w *work) attempt(ctx context.Context, from, to int) (*plugin.Failure, error) {
	p := w.pool
	i, err := p.take(ctx, false)
	if err != nil {
		return nil, p.noInstance(err)
	}
	served := i.calls > 0
	failure := i.batch(w, from, to)
	p.give(i)
	if failure == nil {
		return nil, nil
	}
	p.failed(failure)
	if !served || !mayHeal(failure.Class, to-from) {
		return failure, nil
	}
	if i, err = p.take(ctx, true); err != nil {
		return nil, p.noInstance(err)
	}
	failure = i.batch(w, from, to)
	p.give(i)
	if failure != nil {
		p.failed(failure)
	}
	return failure, nil
}

// mayHeal reports whether a call that failed may succeed on a fresh instance.
func mayHeal(c plugin.Class, records int) bool {
	switch c {
	case plugin.OutOfFuel, plugin.Deadline, plugin.Unavailable:
		return false
	case plugin.OutOfMemory:
		return records == 1
	}
	return true
}

// batch makes a call for some records of a batch and takes its results over, all or none.
func (i *instance) batch(w *work, from, to int) (failure *plugin.Failure) {
	defer func() {
		if r := recover(); r != nil {
			failure = i.panicked(r)
		}
	}()
	var start time.Time
	timed := i.calls%sampled == 0
	if timed {
		start = time.Now()
	}
	i.calls++
	stats := &i.pool.stats
	l := lens{i.pool.binding.Kind, i.interest}
	size, failure := i.input(w, l, w.batch.Records[from:to])
	if failure != nil {
		return failure
	}
	i.stack[0], i.stack[1] = uint64(i.area), uint64(size)
	entered := start
	if timed {
		entered = time.Now()
	}
	r, failure := i.call(i.function[w.function], 2)
	if failure != nil {
		return failure
	}
	var guest time.Duration
	if timed {
		guest = time.Since(entered)
	}
	if failure := i.results(w, l, int64(r), from, to, size); failure != nil {
		return failure
	}
	stats.called(to-from, size, i.tank.used())
	if timed {
		stats.busy.Add(int64(time.Since(start)) * sampled)
		stats.guest.Add(int64(guest) * sampled)
	}
	return nil
}

// input fills the tank and the guest's input area, and returns the size of the input.
func (i *instance) input(w *work, l lens, records []plugin.Record) (size int, failure *plugin.Failure) {
	size = l.fixedSize(w.batch)
	for k := range records {
		size += l.recordSize(&records[k])
	}
	program := i.pool.program
	i.tank.fill(batchFuel(len(records), size, program.wasi), program.engine.config.BatchTimeout)
	area, failure := i.inputArea(size)
	if failure != nil {
		return size, failure
	}
	if area == nil {
		return size, i.fail(plugin.OutOfMemory, "it has no room for %d bytes of input", size)
	}
	if w.function == partition {
		i.brokerTime = 0
		l.encodeKeys(area, i.area, w.batch, records)
	} else {
		i.brokerTime = w.batch.BrokerTime
		l.encodeRecords(area, i.area, w.batch, records)
	}
	return size, nil
}

// results takes over what a call answered.
func (i *instance) results(w *work, l lens, r int64, from, to, input int) *plugin.Failure {
	if r < 0 {
		return i.refused(r)
	}
	if w.function == partition {
		return i.partitions(w, r, from, to, input)
	}
	tally := &i.pool.stats.verdicts
	if r == 0 {
		tally[plugin.Keep].Add(uint64(to - from))
		return nil
	}
	memory, _ := i.memory.Read(0, i.memory.Size())
	a, err := open(memory, r, input)
	if err != nil {
		return i.badOutput(err)
	}
	v, err := openVerdicts(a, l, w.function, to-from)
	if err != nil {
		return i.badOutput(err)
	}
	for k := from; k < to; k++ {
		verdict := v.verdict(k-from, &w.batch.Records[k], w.outcome, i.pool.binding.Name)
		w.outcome.Set(k, verdict)
		tally[verdict.Action].Add(1)
	}
	return nil
}
