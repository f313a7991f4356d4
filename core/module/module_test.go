package module_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/fx"
	"go.uber.org/fx/fxevent"

	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/core/module"
)

var update = flag.Bool("update", false, "rewrite the golden files")

type segmentConfig struct {
	Dirs    []string      `config:"log.dirs"`
	Check   time.Duration `config:"log.retention.check.interval.ms"`
	Threads int           `config:"log.cleaner.threads"`
	Sync    bool          `config:"jackdaw.log.sync" doc:"Forces every append to disk."`
}

func (c segmentConfig) Validate() error {
	if c.Threads < 1 {
		return errors.New("log.cleaner.threads: must be at least 1")
	}
	return nil
}

type tcpConfig struct {
	MaxBytes int32 `config:"socket.request.max.bytes"`
}

type groupConfig struct {
	Replicas int16 `config:"offsets.topic.replication.factor"`
}

type restConfig struct {
	Listener string `config:"jackdaw.rest.listener" doc:"Address of the gateway."`
}

type none struct{}

func provide[C any](c C) fx.Option { return fx.Supply(c) }

// list is a build like the real one.
func list() []module.Module {
	return []module.Module{
		module.New(module.Log, "memory", "in memory", func() none { return none{} }, provide),
		module.New(module.Log, "segment", "in files", func() segmentConfig {
			return segmentConfig{Dirs: []string{"./data"}, Check: 5 * time.Minute, Threads: 1}
		}, provide),
		module.New(module.Network, "tcp", "Kafka protocol", func() tcpConfig { return tcpConfig{100 << 20} }, provide),
		module.New(module.Network, "rest", "gateway", func() restConfig { return restConfig{"127.0.0.1:8082"} }, provide),
		module.New(module.Metadata, "file", "a file", func() none { return none{} }, func(none) fx.Option { return fx.Options() }),
		module.New(module.Replication, "none", "one broker", func() none { return none{} }, func(none) fx.Option { return fx.Options() }),
		module.New(module.Coordinator, "group", "groups", func() groupConfig { return groupConfig{3} }, provide),
	}
}

func load(set ...string) (*module.Selection, error) {
	return module.Load(list(), config.Sources{Set: set, Hostname: "host"})
}

func silent() fx.Option { return fx.WithLogger(func() fxevent.Logger { return fxevent.NopLogger }) }

func names(modules []module.Module) string {
	var list []string
	for _, m := range modules {
		list = append(list, m.String())
	}
	return strings.Join(list, " ")
}

func TestSelection(t *testing.T) {
	f := func(want string, set ...string) {
		t.Helper()
		sel, err := load(set...)
		if err != nil {
			t.Fatal(err)
		}
		if got := names(sel.Modules); got != want {
			t.Errorf("%v selects %s, want %s", set, got, want)
		}
	}
	f("log/segment network/tcp network/rest metadata/file replication/none coordinator/group")
	f("log/memory network/tcp metadata/file replication/none", "modules.coordinator=", "modules.log=memory", "modules.network=tcp")
	f("log/segment network/tcp network/rest metadata/file replication/none coordinator/group", "modules.network=rest,tcp") // in the list's order
	f("log/memory network/tcp metadata/file replication/none", "modules.log=memory", "modules.network=tcp", "modules.coordinator=")
}

// A build without the module that is preferred takes the first that it has.
func TestSelectionWithoutThePreferredModule(t *testing.T) {
	empty := func() none { return none{} }
	build := append(list()[2:], module.New(module.Log, "first", "", empty, provide), module.New(module.Log, "second", "", empty, provide))
	sel, err := module.Load(build, config.Sources{Hostname: "host"})
	if err != nil || !sel.Has(module.Log, "first") || sel.Has(module.Log, "second") {
		t.Errorf("selected %+v, %v", sel, err)
	}
}

// TestPluginRegistryIsNotSelected: a build that has one has it in every broker, and there is no setting for it.
func TestPluginRegistryIsNotSelected(t *testing.T) {
	registry := module.New(module.Plugin, "registry", "plugins", func() none { return none{} }, provide)
	build := append([]module.Module{registry}, list()...)
	sel, err := module.Load(build, config.Sources{Hostname: "host"})
	if err != nil || !sel.Has(module.Plugin, "registry") || !strings.HasPrefix(names(sel.Modules), "plugin/registry log/segment") {
		t.Errorf("%v, %v", sel, err)
	}
	if _, err := module.Load(build, config.Sources{Set: []string{"modules.plugin=registry"}, Hostname: "host"}); err == nil {
		t.Error("modules.plugin is a setting")
	}
}

func TestSelectedModulesGetTheirConfig(t *testing.T) {
	sel, err := load("log.dirs=/a, /b", "log.retention.check.interval.ms=1000", "modules.network=tcp")
	if err != nil {
		t.Fatal(err)
	}
	var got segmentConfig
	var rest *restConfig
	app := fx.New(silent(), sel.Options(), fx.Populate(&got))
	if err := app.Err(); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.Dirs, []string{"/a", "/b"}) || got.Check != time.Second || got.Threads != 1 {
		t.Errorf("got %+v", got)
	}
	if err := fx.New(silent(), sel.Options(), fx.Populate(&rest)).Err(); err == nil {
		t.Error("a module that is not selected is wired")
	}
}

func TestMistakesAreReportedTogether(t *testing.T) {
	f := func(want string, set ...string) {
		t.Helper()
		_, err := load(set...)
		if got := fmt.Sprint(err); got != want {
			t.Errorf("%v:\n got %s\nwant %s", set, got, want)
		}
	}
	f(`--set: modules.log: unknown module "segmnt"; there is memory, segment`, "modules.log=segmnt")
	f("--set: modules.log: takes one module, not 2", "modules.log=memory,segment")
	f("--set: modules.log: names no module; there is memory, segment", "modules.log=")
	f("--set: modules.network: names no module; there is tcp, rest", "modules.network=")
	f("--set: modules.network: tcp stands twice", "modules.network=tcp,tcp")
	f(`--set: modules.nework: unknown setting; did you mean modules.network?
--set: log.cleaner.threads: must be at least 1`, "modules.nework=tcp", "log.cleaner.threads=0")
	f("--set: socket.request.max.bytes: invalid value \"99999999999\": Not a number of type INT", "socket.request.max.bytes=99999999999")
}

func TestImpossibleCombinations(t *testing.T) {
	empty := func() none { return none{} }
	wire := func(none) fx.Option { return fx.Options() }
	more := append(list(), module.New(module.Replication, "isr", "", empty, wire), module.New(module.Metadata, "raft", "", empty, wire),
		module.New(module.Log, "object", "", empty, wire), module.New(module.Metadata, "memory", "", empty, wire))
	f := func(want string, set ...string) {
		t.Helper()
		_, err := module.Load(more, config.Sources{Set: set})
		if want == "" && err != nil || want != "" && !strings.HasPrefix(fmt.Sprint(err), want) {
			t.Errorf("%v: got %v, want %s", set, err, want)
		}
	}
	f("", "modules.replication=isr", "modules.metadata=raft")
	f("--set: modules.replication: isr needs modules.metadata: raft", "modules.replication=isr")
	f("--set: modules.metadata: raft and modules.log: memory exclude each other", "modules.metadata=raft", "modules.log=memory")
	f("--set: modules.replication: isr and modules.log: object exclude", "modules.replication=isr", "modules.metadata=raft", "modules.log=object")

	sel, err := module.Load(more, config.Sources{Set: []string{"modules.metadata=memory"}})
	if err != nil || !strings.Contains(strings.Join(sel.Settings.Notes, "\n"), "forgets all topics") {
		t.Errorf("metadata in memory over logs in files: %v", err)
	}
}

// Two modules that find the same mistake in a setting that they share tell it once.
func TestSharedMistakesAreReportedOnce(t *testing.T) {
	build := append(list(), module.New(module.Network, "other", "", func() segmentConfig {
		return segmentConfig{Dirs: []string{"./data"}, Check: 5 * time.Minute, Threads: 1}
	}, provide))
	_, err := module.Load(build, config.Sources{Set: []string{"log.cleaner.threads=0", "modules.network=other"}, Hostname: "host"})
	if got := fmt.Sprint(err); got != "--set: log.cleaner.threads: must be at least 1" {
		t.Errorf("got %s", got)
	}
}

func TestNotesLeaveOutWhatIsAsItMustBe(t *testing.T) {
	sel, err := load("offsets.topic.replication.factor=1")
	if err != nil || len(sel.Settings.Notes) != 0 || sel.Settings.Value("offsets.topic.replication.factor").Origin != "--set" {
		t.Errorf("%+v, %v", sel.Settings, err)
	}
}

func TestNotes(t *testing.T) {
	sel, err := load("modules.network=tcp", "jackdaw.rest.listener=:1", "offsets.topic.replication.factor=3")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"--set: offsets.topic.replication.factor=3 is not possible with modules.replication: none; it is 1",
		"--set: jackdaw.rest.listener does nothing: it belongs to network/rest, which is not selected",
	}
	if !slices.Equal(sel.Settings.Notes, want) {
		t.Errorf("got %q", sel.Settings.Notes)
	}
	if got := sel.Settings.Static()["offsets.topic.replication.factor"]; got != "1" {
		t.Errorf("offsets.topic.replication.factor = %s", got)
	}
}

func TestDeclarationMistakes(t *testing.T) {
	f := func(want string, modules ...module.Module) {
		t.Helper()
		_, err := module.Load(append(list(), modules...), config.Sources{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	type noUnit struct {
		D time.Duration `config:"jackdaw.delay"`
	}
	type odd struct {
		M map[string]string `config:"jackdaw.map"`
	}
	type other struct {
		B bool `config:"jackdaw.log.sync"`
	}
	type listener struct {
		L string `config:"jackdaw.rest.listener"`
	}
	type hidden struct {
		key string `config:"jackdaw.hidden"`
	}
	type embedding struct{ tcpConfig }
	f("cannot be a setting", module.New(module.Log, "x", "", func() hidden { return hidden{key: "x"} }, provide))
	f("cannot be a setting", module.New(module.Log, "x", "", func() embedding { return embedding{} }, provide))
	f("listed twice", list()[0])
	f("ends in no unit", module.New(module.Log, "x", "", func() noUnit { return noUnit{} }, provide))
	f("no setting can have", module.New(module.Log, "x", "", func() odd { return odd{} }, provide))
	f("another type or default", module.New(module.Log, "x", "", func() other { return other{true} }, provide))
	f("another type or default", module.New(module.Log, "x", "", func() listener { return listener{":1"} }, provide))
	f(`has the default "7"`, module.New(module.Log, "x", "", func() tcpConfig { return tcpConfig{7} }, provide))
}

// TestEffectiveConfig prints everything that is in force for a config file, with its origin.
func TestEffectiveConfig(t *testing.T) {
	sel, err := module.Load(list(), config.Sources{
		File:    filepath.Join("testdata", "broker.yaml"),
		Environ: []string{"KAFKA_NUM_PARTITIONS=3", "JACKDAW_NUM_PARTITIONS=4", "JACKDAW_LOG_LEVEL=debug", "KAFKA_HEAP_OPTS=-Xmx1G"},
		Set:     []string{"node.id=7"},
	})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, v := range sel.Settings.Values() {
		fmt.Fprintf(&b, "%s=%s (%s)\n", v.Setting.Name, v.Text, v.Origin)
	}
	for _, n := range sel.Settings.Notes {
		fmt.Fprintf(&b, "note: %s\n", n)
	}
	path := filepath.Join("testdata", "effective.txt")
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("%s differs (go test -update rewrites it); got:\n%s", path, b.String())
	}
}
