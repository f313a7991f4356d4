// Package logtest is the conformance suite of core/log: what every log module must do. A module runs it in one test:
//
//	func TestConformance(t *testing.T) {
//		logtest.Run(t, logtest.Subject{Durable: true, Storage: func(t *testing.T) func() log.Engine {
//			dir := t.TempDir()
//			return func() log.Engine { return mylog.New(dir) }
//		}})
//	}
//
// Tests that wait, for retention or compaction, do so in a bubble of testing/synctest: an engine must take the time from
// package time, and all its goroutines must end with Stop.
package logtest

import (
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/log"
)

// Subject is an implementation under test.
type Subject struct {
	// Storage prepares empty storage and returns a function that makes an engine over it. The suite stops an engine
	// before it makes the next one.
	Storage func(t *testing.T) func() log.Engine
	// Durable says that an engine finds what an earlier one over the same storage left.
	Durable bool
	// NoCompaction says that the implementation ignores cleanup.policy=compact.
	NoCompaction bool
}

// group is some cases of the suite.
type group struct {
	name  string
	cases map[string]func(*bench)
	// real cases run outside a bubble: they need no virtual time, and use codecs whose pools may not cross bubbles.
	real bool
}

// Run runs the suite.
func Run(t *testing.T, s Subject) {
	groups := []group{
		{name: "append", cases: appendCases}, {name: "read", cases: readCases}, {name: "lookup", cases: lookupCases, real: true},
		{name: "trim", cases: trimCases}, {name: "stable", cases: stableCases},
		{name: "retention", cases: retentionCases}, {name: "engine", cases: engineCases},
	}
	if s.Durable {
		groups = append(groups, group{name: "durable", cases: durableCases}, group{name: "state", cases: stateCases})
	}
	if !s.NoCompaction {
		groups = append(groups, group{name: "compaction", cases: compactionCases})
	}
	for _, g := range groups {
		t.Run(g.name, func(t *testing.T) {
			for name, run := range g.cases {
				t.Run(name, func(t *testing.T) { s.run(t, run, g.real) })
			}
		})
	}
}

// run runs one case over storage of its own.
func (s Subject) run(t *testing.T, run func(*bench), real bool) {
	newEngine := s.Storage(t)
	play := func(t *testing.T) {
		b := &bench{T: t, newEngine: newEngine, subject: s}
		b.start()
		defer b.stop()
		run(b)
	}
	if real {
		play(t)
	} else {
		synctest.Test(t, play)
	}
}

// bench is the state of one case: storage, an engine over it and a log.
type bench struct {
	*testing.T
	subject   Subject
	newEngine func() log.Engine
	engine    log.Engine
	spec      log.Spec
	host      *host
	log       log.Log
	contents  []stored // what the log must hold
}

// identity is the broker that the suite plays.
var identity = log.Identity{NodeID: 1, ClusterID: "logtest-cluster"}

// Settings returns Kafka's defaults with small segments: the settings of the suite.
func Settings() log.Settings {
	return log.Settings{
		SegmentBytes: 4 << 10, SegmentAge: 7 * 24 * time.Hour, SegmentIndexBytes: 10 << 20, IndexIntervalBytes: 256,
		Retention: -1, RetentionBytes: -1, Delete: true,
		DeleteRetention: 24 * time.Hour, MinDirtyRatio: 0.5, MaxCompactionLag: math.MaxInt64,
		FlushMessages: math.MaxInt64, FlushInterval: -1, FileDeleteDelay: time.Minute, MaxMessageBytes: 1 << 20,
	}
}

// start makes an engine and opens the log of the case.
func (b *bench) start() {
	b.Helper()
	b.engine = b.newEngine()
	b.must(b.engine.Start(b.Context(), identity))
	if b.spec.TopicPartition.Topic == "" {
		b.spec = log.Spec{
			TopicPartition: kafka.TopicPartition{Topic: "topic-with.dots_and-dashes", Partition: 3},
			TopicID:        kafka.TopicID{0: 7, 15: 9}, Settings: Settings(),
		}
	}
	b.open()
}

func (b *bench) open() {
	b.Helper()
	b.host = newHost()
	l, err := b.engine.Open(b.Context(), b.spec, b.host)
	b.must(err)
	b.log = l
	b.host.log.Store(&l)
}

func (b *bench) stop() {
	b.Helper()
	if b.engine != nil {
		b.must(b.engine.Stop(b.Context()))
		b.engine = nil
	}
}

// restart stops the engine and starts another one over the same storage.
func (b *bench) restart() {
	b.Helper()
	b.stop()
	b.start()
}

// configure changes the settings of the open log.
func (b *bench) configure(change func(*log.Settings)) {
	change(&b.spec.Settings)
	b.log.Configure(b.spec.Settings)
}

func (b *bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// wantCode checks the protocol code of an error.
func (b *bench) wantCode(err error, want kafka.ErrorCode) {
	b.Helper()
	if err == nil || kafka.CodeOf(err) != want {
		b.Fatalf("error %v, want %v", err, want)
	}
}

// wantOffsets checks start and end of the log.
func (b *bench) wantOffsets(start, end int64) {
	b.Helper()
	if s := b.log.Status(); s.StartOffset != start || s.EndOffset != end {
		b.Fatalf("log is [%d, %d), want [%d, %d)", s.StartOffset, s.EndOffset, start, end)
	}
}
