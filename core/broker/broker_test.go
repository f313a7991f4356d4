package broker_test

import (
	"context"
	"flag"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"
	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/broker"
	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/core/module"
	"github.com/jackdawmq/jackdaw/modules"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// inMemory are settings of a broker that touches nothing but a free port.
var inMemory = []string{"modules.log=memory", "modules.metadata=memory", "listeners=PLAINTEXT://127.0.0.1:0", "jackdaw.admin.listener="}

func newBroker(t *testing.T, settings ...string) (*broker.Broker, error) {
	t.Helper()
	return broker.New(broker.Options{
		Modules: modules.All(),
		Sources: config.Sources{Set: append(settings[:len(settings):len(settings)], "jackdaw.log.level=error"), Hostname: "localhost"},
		Log:     zap.NewNop(),
	})
}

// TestGraph keeps the wiring of the default modules as a picture that a review can see change.
func TestGraph(t *testing.T) {
	b, err := newBroker(t)
	if err != nil {
		t.Fatal(err)
	}
	// Addresses of constructors differ from build to build; their names do not.
	got := regexp.MustCompile(`0x[0-9a-f]+`).ReplaceAllString(b.Graph(), "0x")
	golden := filepath.Join("testdata", "graph.dot")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the graph changed; if it should have, run go test ./core/broker -update\n%s", got)
	}
}

// TestEveryCombinationOfModulesBuilds builds a broker for each choice of one module a kind, and none of the coordinators.
func TestEveryCombinationOfModulesBuilds(t *testing.T) {
	names := map[module.Kind][]string{}
	for _, m := range modules.All() {
		names[m.Kind] = append(names[m.Kind], m.Name)
	}
	combinations := [][]string{nil}
	for _, kind := range module.Kinds() {
		choices := names[kind]
		if kind.Several() {
			choices = append(choices, strings.Join(choices, ","))
		}
		if kind == module.Coordinator {
			choices = append(choices, "")
		}
		var longer [][]string
		for _, c := range combinations {
			for _, name := range choices {
				longer = append(longer, append(c[:len(c):len(c)], kind.Key()+"="+name))
			}
		}
		combinations = longer
	}
	for _, c := range combinations {
		if _, err := newBroker(t, c...); err != nil {
			t.Errorf("%s: %v", strings.Join(c, " "), err)
		}
	}
	if len(combinations) < 8 {
		t.Errorf("tried only %d combinations", len(combinations))
	}
}

func TestMistakesAreToldBeforeAnythingStarts(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	_, err := newBroker(t, "log.dirs="+dir, "modules.log=sgment", "num.partitons=3", "node.id=-4")
	problems, ok := err.(config.Problems) //nolint:errorlint // New returns it unwrapped
	if !ok || len(problems) != 3 {
		t.Fatalf("got %v, want three problems", err)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("the data folder was created although the configuration is wrong")
	}
}

func TestAddressInUseStopsTheStart(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	b, err := newBroker(t, append(inMemory, "listeners=PLAINTEXT://"+taken.Addr().String())...)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("started on an address that is taken: %v", err)
	}
}

func TestRunEndsWithItsContextAndLeavesNothingBehind(t *testing.T) {
	b, err := newBroker(t, inMemory...)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	if err := b.Start(ctx); err != nil {
		t.Fatal(err)
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(b.Addrs()[0].Addr.String()), kgo.AllowAutoTopicCreation(), kgo.DefaultProduceTopic("t"))
	if err != nil {
		t.Fatal(err)
	}
	if err := client.ProduceSync(ctx, kgo.StringRecord("x")).FirstErr(); err != nil {
		t.Fatal(err)
	}
	client.Close()
	go func() { ended <- b.Stop(context.WithoutCancel(ctx)) }()
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
