package config_test

import (
	"math"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/jackdawmq/jackdaw/core/config"
)

type durations struct {
	Never time.Duration `config:"jackdaw.never.ms"`
	Hours time.Duration `config:"jackdaw.some.hours"`
	Ratio float64       `config:"jackdaw.ratio"`
	Names []string      `config:"jackdaw.names"`
}

func TestSettingsRoundTrip(t *testing.T) {
	defaults := durations{Never: math.MaxInt64, Hours: 2 * time.Hour, Ratio: 0.25, Names: []string{"a", "b"}}
	declared, err := config.Declare("x", defaults)
	if err != nil {
		t.Fatal(err)
	}
	s, err := config.NewSchema(declared)
	if err != nil {
		t.Fatal(err)
	}
	f := func(want durations, set ...string) {
		t.Helper()
		settings, problems := s.Load(config.Sources{Set: set, Hostname: "h"})
		var got durations
		if problems = append(problems, settings.Decode(&got)...); len(problems) > 0 || !reflect.DeepEqual(got, want) {
			t.Errorf("%v: %+v, %v; want %+v", set, got, problems, want)
		}
	}
	f(defaults)
	f(durations{Never: -1 * time.Millisecond, Hours: -3 * time.Hour, Ratio: 1}, "jackdaw.never.ms=-1", "jackdaw.some.hours=-3",
		"jackdaw.ratio=1", "jackdaw.names=")
	f(durations{Never: math.MaxInt64, Hours: math.MaxInt64, Ratio: 0.25, Names: []string{"x"}}, "jackdaw.never.ms=9223372036854775807",
		"jackdaw.some.hours=9223372036854775807", "jackdaw.names= x ")
	longest := time.Duration(math.MinInt64 / int64(time.Hour) * int64(time.Hour))
	f(durations{Never: math.MaxInt64, Hours: longest, Ratio: 0.25, Names: []string{"a", "b"}}, "jackdaw.some.hours=-9223372036854775808")
}

// A field may be narrower than Kafka's type.
func TestNarrowFieldRefusesWhatItCannotHold(t *testing.T) {
	var narrow struct {
		Messages int32 `config:"log.flush.interval.messages"`
	}
	settings, _ := schema(t).Load(config.Sources{Set: []string{"log.flush.interval.messages=2147483648"}, Hostname: "h"})
	problems := settings.Decode(&narrow)
	if len(problems) != 1 || problems[0].String() != "--set: log.flush.interval.messages: 2147483648 is out of range" {
		t.Errorf("problems are %v, the field is %d", problems, narrow.Messages)
	}
}

func TestWhichNameWins(t *testing.T) {
	f := func(key, want string, src config.Sources) {
		t.Helper()
		settings, problems := schema(t).Load(src)
		if got := settings.Value(key).Text; got != want || len(problems) > 0 {
			t.Errorf("%+v: %s=%q, want %q (%v)", src, key, got, want, problems)
		}
	}
	f("log.dirs", "/old", config.Sources{Set: []string{"log.dir=/old"}})
	f("log.dirs", "/new", config.Sources{Set: []string{"log.dir=/old", "log.dirs=/new"}})
	f("num.partitions", "4", config.Sources{Environ: []string{"KAFKA_NUM_PARTITIONS=3", "JACKDAW_NUM_PARTITIONS=4"}})
	f("num.partitions", "4", config.Sources{Environ: []string{"JACKDAW_NUM_PARTITIONS=4", "KAFKA_NUM_PARTITIONS=3"}})
	f("num.partitions", "5", config.Sources{Environ: []string{"JACKDAW_NUM_PARTITIONS=4"}, Set: []string{"num.partitions=5"}})
	f("node.id", "5", config.Sources{Set: []string{"node.id=5", "broker.id= 05"}})
}

func TestByteOrderMark(t *testing.T) {
	for name, content := range map[string]string{"a.yaml": "node.id: 7", "a.json": `{"node.id": 7}`, "a.toml": `"node.id" = 7`, "a.properties": "node.id=7"} {
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, []byte("\ufeff"+content), 0o600); err != nil {
			t.Fatal(err)
		}
		settings, problems := schema(t).Load(config.Sources{File: file, Hostname: "h"})
		if settings.Broker.NodeID != 7 || len(problems) > 0 {
			t.Errorf("%s: node.id %d, %v", name, settings.Broker.NodeID, problems)
		}
	}
}
