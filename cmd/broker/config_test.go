package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"go.uber.org/fx"

	"github.com/jackdawmq/jackdaw/cmd/broker/kafkatools"
	"github.com/jackdawmq/jackdaw/core/module"
)

type demoConfig struct {
	Size int32 `config:"socket.request.max.bytes" doc:"Largest request."`
}

// demoModules is a small build.
func demoModules() []module.Module {
	type none struct{}
	nothing := func() none { return none{} }
	wire := func(none) fx.Option { return fx.Options() }
	return []module.Module{
		module.New(module.Network, "tcp", "the Kafka protocol", func() demoConfig { return demoConfig{100 << 20} },
			func(demoConfig) fx.Option { return fx.Options() }),
		module.New(module.Log, "memory", "records in memory", nothing, wire),
		module.New(module.Log, "segment", "records in files", nothing, wire),
	}
}

// runConfig runs "broker config ..." or "broker modules ..." on the demo modules, without variables of the test's own
// environment.
func runConfig(t *testing.T, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	for _, assignment := range os.Environ() {
		if name, _, _ := strings.Cut(assignment, "="); strings.HasPrefix(name, "KAFKA_") || strings.HasPrefix(name, "JACKDAW_") {
			t.Setenv(name, "")
		}
	}
	var out, errs bytes.Buffer
	a := &app{std: kafkatools.Streams{Out: &out, Err: &errs}}
	root := &cobra.Command{SilenceErrors: true, SilenceUsage: true}
	a.addGlobalFlags(root)
	root.AddCommand(newConfigCommand(a, demoModules()), newModulesCommand(a, demoModules()))
	root.SetArgs(args)
	err = root.ExecuteContext(t.Context())
	return out.String(), errs.String(), err
}

func configFile(t *testing.T, content string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "broker.yaml")
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestConfigValidate(t *testing.T) {
	good := configFile(t, "node.id: 3\n")
	stdout, _, err := runConfig(t, "config", "validate", "-c", good)
	if err != nil || stdout != "The settings are valid.\n" {
		t.Errorf("got %q, %v", stdout, err)
	}

	bad := configFile(t, "node.id: x\nlog.dir: /d\nlisteners: [PLAINTEXT://0.0.0.0:9092]\nsocket.request.max.byte: 1\n")
	stdout, stderr, err := runConfig(t, "config", "validate", "-c", bad, "--set", "num.partitions=0")
	want := bad + `:1: node.id: invalid value "x": Not a number of type INT
` + bad + `:4: socket.request.max.byte: unknown setting; did you mean socket.request.max.bytes?
--set: num.partitions: must be at least 1
advertised.listeners: PLAINTEXT: clients cannot connect to 0.0.0.0; set an address that they can reach, such as PLAINTEXT://broker.example.com:9092
4 mistakes in the settings; nothing was started or created.
`
	if code, ok := errors.AsType[exitCodeError](err); !ok || int(code) != exitMisuse || stdout != "" || stderr != want {
		t.Errorf("%v\n got %s\nwant %s", err, stderr, want)
	}
}

func TestConfigPrint(t *testing.T) {
	file := configFile(t, "node: {id: 3}\n")
	stdout, _, err := runConfig(t, "config", "print", "--changed", "-c", file, "--set", "log.dirs=/a,/b")
	want := "KEY       VALUE  FROM\nlog.dirs  /a,/b  --set\nnode.id   3      " + file + ":1\n"
	if err != nil || stdout != want {
		t.Errorf("%v\n got %q\nwant %q", err, stdout, want)
	}

	stdout, _, err = runConfig(t, "config", "print", "--format", "json")
	var list []shownSetting
	if err := errors.Join(err, json.Unmarshal([]byte(stdout), &list)); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(list, shownSetting{"modules.log", "segment", "default"}) {
		t.Errorf("got %v", list)
	}
	if _, _, err := runConfig(t, "config", "print", "--format", "markdown"); err == nil {
		t.Error("accepted --format markdown")
	}
}

func TestConfigReference(t *testing.T) {
	stdout, _, err := runConfig(t, "config", "reference", "--format", "markdown")
	if err != nil || !strings.Contains(stdout, "| socket.request.max.bytes | int | 104857600 | network/tcp | Largest request. |") {
		t.Errorf("%v %s", err, stdout)
	}
	stdout, _, err = runConfig(t, "config", "reference", "--format", "json")
	var list []explainedSetting
	if err := errors.Join(err, json.Unmarshal([]byte(stdout), &list)); err != nil {
		t.Fatal(err)
	}
	for _, s := range list {
		if s.Meaning == "" {
			t.Errorf("%s has no documentation", s.Key)
		}
	}
	if stdout, _, err := runConfig(t, "config", "reference"); err != nil || !strings.HasPrefix(stdout, "KEY ") {
		t.Errorf("%v %.100s", err, stdout)
	}
}

func TestModules(t *testing.T) {
	stdout, _, err := runConfig(t, "modules", "--set", "modules.log=memory")
	want := `KIND     NAME     SELECTED  WHAT IT IS
log      memory   yes       records in memory
log      segment  no        records in files
network  tcp      yes       the Kafka protocol
`
	if err != nil || stdout != want {
		t.Errorf("%v\n got %s\nwant %s", err, stdout, want)
	}
	stdout, _, err = runConfig(t, "modules", "--format", "json")
	var list []listedModule
	if err := errors.Join(err, json.Unmarshal([]byte(stdout), &list)); err != nil || len(list) != 3 || !list[1].Selected {
		t.Errorf("%v %s", err, stdout)
	}
}
