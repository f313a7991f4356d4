package config_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jackdawmq/jackdaw/core/config"
)

func schema(t testing.TB) *config.Schema {
	t.Helper()
	type logConfig struct {
		Replicas int16 `config:"offsets.topic.replication.factor"`
		Cleaners int   `config:"log.cleaner.threads"`
	}
	declared, err := config.Declare("log/test", logConfig{Replicas: 3, Cleaners: 1})
	if err != nil {
		t.Fatal(err)
	}
	s, err := config.NewSchema(declared)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFormatsSayTheSame(t *testing.T) {
	want := map[string]string{"node.id": "3", "broker.rack": "a b", "listeners": "PLAINTEXT://127.0.0.1:9092,EXTERNAL://127.0.0.1:9094",
		"listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,EXTERNAL:PLAINTEXT", "log.dirs": "/data", "log.retention.ms": "-1",
		"log.flush.interval.messages": "9223372036854775807", "log.cleaner.min.cleanable.ratio": "0.25", "auto.create.topics.enable": "false"}
	lines := map[string]int{"broker.yaml": 9, "broker.toml": 9, "broker.json": 5, "server.properties": 8}
	for name, line := range lines {
		got, problems := schema(t).Load(config.Sources{File: filepath.Join("testdata", "same", name)})
		if len(problems) > 0 {
			t.Errorf("%s: %v", name, problems)
			continue
		}
		if origin := got.Value("log.retention.ms").Origin; !strings.HasSuffix(origin, fmt.Sprintf("%s:%d", name, line)) {
			t.Errorf("log.retention.ms is from %s, want line %d", origin, line)
		}
		static := got.Static()
		static["listeners"] = strings.ReplaceAll(static["listeners"], ", ", ",")
		if !maps.Equal(static, want) {
			t.Errorf("%s: got %v", name, static)
		}
		if len(got.Listeners) != 2 || got.Listeners[1].Name != "EXTERNAL" || got.Broker.AutoCreateTopics {
			t.Errorf("%s: got %+v %+v", name, got.Listeners, got.Broker)
		}
	}
}

func TestMistakes(t *testing.T) {
	var b strings.Builder
	files, err := filepath.Glob(filepath.Join("testdata", "mistakes", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(files, filepath.Join("testdata", "mistakes", "missing.yaml")) {
		s, problems := schema(t).Load(config.Sources{File: file,
			Environ: []string{"JACKDAW_NUM_PARTITION=1", "KAFKA_NUM_NETWORK_THREADS=3", "KAFKA_LOG_DIR_=x", "JACKDAW_LOG_LEVEL=loud"},
			Set:     []string{"nonsense", "log.cleaner.threads=many"}})
		fmt.Fprintf(&b, "== %s\n%s\n", filepath.Base(file), config.Problems(problems).Error())
		for _, note := range s.Notes {
			fmt.Fprintf(&b, "note: %s\n", note)
		}
	}
	golden(t, "mistakes.txt", filepath.ToSlash(b.String()))
}

func TestEnvironment(t *testing.T) {
	f := func(variable, key, want string) {
		t.Helper()
		s, problems := schema(t).Load(config.Sources{Environ: []string{variable}})
		if len(problems) > 0 {
			t.Errorf("%s: %v", variable, problems)
		}
		if got := s.Value(key).Text; got != want {
			t.Errorf("%s: %s = %q, want %q", variable, key, got, want)
		}
	}
	f("KAFKA_LOG_SEGMENT_BYTES=2097152", "log.segment.bytes", "2097152")
	f("JACKDAW_LOG_SEGMENT_BYTES=2097152", "log.segment.bytes", "2097152")
	f("KAFKA_CFG_LOG_SEGMENT_BYTES=2097152", "log.segment.bytes", "2097152")
	f("JACKDAW_ADMIN_LISTENER=127.0.0.1:1", "jackdaw.admin.listener", "127.0.0.1:1")
	f("JACKDAW_JACKDAW_ADMIN_LISTENER=127.0.0.1:1", "jackdaw.admin.listener", "127.0.0.1:1")
	f("KAFKA_NODE_ID=", "node.id", "1")
	f("KAFKA_BROKER_ID=5", "node.id", "5")
	f("KAFKA_LOG_DIR=/old", "log.dirs", "/old")
	f("KAFKA_PORT=tcp://10.0.0.1:9092", "node.id", "1")
	f("JACKDAW_PORT_9092_TCP_ADDR=10.0.0.1", "node.id", "1")
	f("JACKDAW_SERVICE_PORT_KAFKA=9092", "node.id", "1")
	f("NODE_ID=9", "node.id", "1")
}

// TestComposeFile is the environment that single-node Compose files for Kafka's images have.
func TestComposeFile(t *testing.T) {
	s, problems := schema(t).Load(config.Sources{Hostname: "kafka", Environ: strings.Split(`KAFKA_NODE_ID=1
KAFKA_PROCESS_ROLES=broker,controller
KAFKA_LISTENERS=PLAINTEXT://:29092,CONTROLLER://:29093,PLAINTEXT_HOST://0.0.0.0:9092
KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://kafka:29092,PLAINTEXT_HOST://localhost:9092
KAFKA_LISTENER_SECURITY_PROTOCOL_MAP=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,PLAINTEXT_HOST:PLAINTEXT
KAFKA_CONTROLLER_LISTENER_NAMES=CONTROLLER
KAFKA_CONTROLLER_QUORUM_VOTERS=1@kafka:29093
KAFKA_INTER_BROKER_LISTENER_NAME=PLAINTEXT
KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR=1
KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR=1
KAFKA_TRANSACTION_STATE_LOG_MIN_ISR=1
KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS=0
KAFKA_NUM_PARTITIONS=3
KAFKA_LOG_DIRS=/var/lib/kafka/data
KAFKA_HEAP_OPTS=-Xmx512m
KAFKA_LOG4J_OPTS=-Dx
KAFKA_JMX_PORT=9999
CLUSTER_ID=MkU3OEVBNTcwNTJENDM2Qk
PATH=/bin`, "\n")})
	if len(problems) > 0 {
		t.Fatal(config.Problems(problems))
	}
	var addresses []string
	for _, l := range s.Listeners {
		addresses = append(addresses, fmt.Sprintf("%s %s:%d > %s:%d", l.Name, l.Host, l.Port, l.Advertised.Host, l.Advertised.Port))
	}
	if want := []string{"PLAINTEXT :29092 > kafka:29092", "PLAINTEXT_HOST 0.0.0.0:9092 > localhost:9092"}; !slices.Equal(addresses, want) {
		t.Errorf("listeners %q", addresses)
	}
	if s.Broker.NumPartitions != 3 || !slices.Equal(s.Broker.LogDirs, []string{"/var/lib/kafka/data"}) {
		t.Errorf("got %+v", s.Broker)
	}
	golden(t, "compose-notes.txt", strings.Join(s.Notes, "\n")+"\n")
}

func TestRebalanceDelayDependsOnTheFile(t *testing.T) {
	type group struct {
		Delay int32 `config:"group.initial.rebalance.delay.ms"`
	}
	declared, err := config.Declare("coordinator/group", group{3000})
	if err != nil {
		t.Fatal(err)
	}
	s, err := config.NewSchema(declared)
	if err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(t.TempDir(), "empty.yaml")
	if err := os.WriteFile(empty, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	f := func(src config.Sources, want, static string) {
		t.Helper()
		got, problems := s.Load(src)
		if len(problems) > 0 {
			t.Error(problems)
		}
		if v := got.Value("group.initial.rebalance.delay.ms").Text; v != want {
			t.Errorf("%+v: %s, want %s", src, v, want)
		}
		if v := got.Static()["group.initial.rebalance.delay.ms"]; v != static {
			t.Errorf("%+v: static %q, want %q", src, v, static)
		}
	}
	f(config.Sources{}, "0", "0")
	f(config.Sources{File: empty}, "3000", "")
	f(config.Sources{Set: []string{"group.initial.rebalance.delay.ms=5"}}, "5", "5")
}

// TestHostileFiles are files whose cost must not grow faster than they do.
func TestHostileFiles(t *testing.T) {
	const n = 20_000
	var keys strings.Builder
	for i := range n / 4 {
		fmt.Fprintf(&keys, "log.segment.byte%d: 1\n", i)
	}
	f := func(name, content, want string) {
		t.Helper()
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, problems := schema(t).Load(config.Sources{File: file})
		if len(problems) > 1001 {
			t.Errorf("%s: %d problems", name, len(problems))
		}
		if got := config.Problems(problems).Error(); !strings.Contains(got, want) {
			t.Errorf("%s: got %.200s, want %s", name, got, want)
		}
	}
	f("deep.json", strings.Repeat(`{"a":`, n)+"1"+strings.Repeat("}", n), "nested deeper")
	f("deep.toml", "a="+strings.Repeat(`{a=`, n)+"1"+strings.Repeat("}", n), "nested deeper")
	f("deep.yaml", strings.Repeat("[", n)+strings.Repeat("]", n), "depth")
	f("long.yaml", "log.dirs: "+strings.Repeat("x", 2<<20), "is larger than")
	f("many.yaml", keys.String(), "did you mean log.segment.bytes?")
}

func FuzzLoad(f *testing.F) {
	for _, dir := range []string{"same", "mistakes"} {
		files, err := filepath.Glob(filepath.Join("testdata", dir, "*"))
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			for format := range uint8(4) {
				f.Add(content, format)
			}
		}
	}
	s := schema(f)
	f.Fuzz(func(t *testing.T, content []byte, format uint8) {
		file := filepath.Join(t.TempDir(), "broker"+[]string{".yaml", ".toml", ".json", ".properties"}[format%4])
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		got, problems := s.Load(config.Sources{File: file, Hostname: "h"})
		for _, p := range problems {
			if p.Text == "" {
				t.Errorf("an empty problem: %+v", p)
			}
		}
		if len(problems) == 0 && (len(got.Listeners) == 0 || got.Broker.Validate() != nil) {
			t.Errorf("accepted %+v", got)
		}
	})
}
