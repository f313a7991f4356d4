package wasm

import (
	"context"
	"math"
	"reflect"
	"time"

	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/core/record"
	"github.com/jackdawmq/jackdaw/plugins/wasm/internal/meter"
)

// Trial is what Examine tries a plugin with.
type Trial struct {
	Config []byte // for jd_configure
	// Batches and Groups are the test vectors: nil stands for a few of our own, which may all be invalid to a plugin.
	Batches []*plugin.Batch
	Groups  []*plugin.Group
}

// Report is what a plugin is and how it behaves.
type Report struct {
	Info        plugin.Info
	Limits      []LimitUse
	CompileTime time.Duration // checks and rewriting included; short when the code was cached
	Memory      int64         // bytes of an instance after its set-up
	Functions   []FunctionReport
}

// LimitUse is how much of a static limit a plugin uses.
type LimitUse struct {
	Name          string
	Used, Allowed uint64
}

// FunctionReport is how one exported function behaved.
type FunctionReport struct {
	Function       string // name of the export
	Kind           plugin.Kind
	Records        int     // or members, in all calls
	FuelPerRecord  float64 // or member
	TimePerRecord  time.Duration
	Failures       []string // of calls; a few
	Nondeterminism []string // answers that differ for the same input; a few
}

// maxFindings is how many failures or differences a report lists for a function.
const maxFindings = 10

// Examine checks, compiles and tries a plugin. Each function gets all vectors twice on one instance, in reverse order on a
// second one, and there again with batches split in two: all answers for a record have to be the same. The error is
// Load's, or a *plugin.Failure of the set-up.
func (e *Engine) Examine(ctx context.Context, b []byte, t Trial) (Report, error) {
	start := time.Now()
	loaded, err := e.Load(ctx, b)
	if err != nil {
		return Report{}, err
	}
	defer loaded.Close()
	p := loaded.(*handle).program
	r := Report{Info: p.info, CompileTime: time.Since(start), Limits: limitsUsed(p)}
	if t.Batches == nil {
		t.Batches = []*plugin.Batch{sampleBatch()}
	}
	if t.Groups == nil {
		t.Groups = []*plugin.Group{sampleGroup()}
	}
	for f := range functions {
		if !p.info.Functions.Has(1 << f) {
			continue
		}
		report, memory, err := examine(ctx, p, f, &t)
		if err != nil {
			return r, err
		}
		r.Functions = append(r.Functions, report)
		r.Memory = max(r.Memory, memory)
	}
	return r, nil
}

// limitsUsed pairs what the module uses with what is allowed, field by field.
func limitsUsed(p *program) []LimitUse {
	limit := p.engine.config.memoryLimit(p.wasi)
	used := reflect.ValueOf(p.used)
	allowed := reflect.ValueOf(meter.DefaultLimits(uint32(limit / pageSize)))
	uses := make([]LimitUse, 0, used.NumField())
	for i := range used.NumField() {
		uses = append(uses, LimitUse{used.Type().Field(i).Name, used.Field(i).Uint(), allowed.Field(i).Uint()})
	}
	return uses
}

// examine tries one function on two instances.
func examine(ctx context.Context, p *program, f function, t *Trial) (FunctionReport, int64, error) {
	kind := [functions]plugin.Kind{
		validate: plugin.KindValueSerializer, serialize: plugin.KindValueSerializer, deserialize: plugin.KindValueSerializer,
		partition: plugin.KindPartitioner, assign: plugin.KindAssignor,
	}[f]
	x := examiner{ctx: ctx, function: f, report: FunctionReport{Function: exportOf[f], Kind: kind}}
	for i := range x.on {
		pool, err := p.bind(ctx, plugin.Binding{Kind: kind, Name: "check", Target: "check", Config: t.Config}, kind)
		if err != nil {
			return x.report, 0, err
		}
		defer pool.Close()
		pool.standing = newQuarantine(&Config{QuarantineAfter: math.MaxInt}) // what fails here fails nobody else
		x.on[i] = pool
	}
	memory := x.on[0].Stats().Memory
	if f == assign {
		x.groups(t.Groups)
	} else {
		x.batches(t.Batches)
	}
	x.measure()
	return x.report, memory, nil
}

// sampleBatch has the values that validators are usually not prepared for.
func sampleBatch() *plugin.Batch {
	b := &plugin.Batch{Topic: "check", NumPartitions: 6, BrokerTime: 1_700_000_000_000, ClientID: "check"}
	long := make([]byte, 64<<10)
	for i := range long {
		long[i] = 'a' + byte(i%26)
	}
	for _, v := range [][]byte{
		nil, {}, []byte(`{"id":1,"name":"jackdaw","tags":["a","b"],"price":1.5,"at":null}`), []byte(`{"id":`), []byte("text"),
		{0, 0xff, 0xfe, 0x80}, []byte(" \t\n"), []byte("-0.0e+1"), long,
	} {
		b.Records = append(b.Records,
			plugin.Record{Key: []byte("key"), Value: v, Timestamp: 1_700_000_000_000},
			plugin.Record{Key: v, Value: []byte(`{"id":2}`), Headers: []record.RecordHeader{{Key: []byte("h"), Value: v}, {Key: []byte{}}}})
	}
	return b
}

func sampleGroup() *plugin.Group {
	g := &plugin.Group{ID: "check", Epoch: 1, Homogeneous: true, Topics: []plugin.Topic{
		{Name: "a", NumPartitions: 1}, {Name: "b", NumPartitions: 7, Lag: []int64{0, 1, 2, 3, -1, 5, 6}},
	}}
	for _, id := range []string{"m1", "m2", "m3"} {
		g.Members = append(g.Members, plugin.Member{ID: id, Subscribed: []int32{0, 1}})
	}
	return g
}
