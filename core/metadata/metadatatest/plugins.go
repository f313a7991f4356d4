package metadatatest

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
)

// deployment describes a version whose digest is all one byte.
func deployment(name, version string, digest byte) metadata.Plugin {
	p := metadata.Plugin{Name: name, Version: version, Functions: 0b01001, Size: 1000 + int64(digest), DeployedAt: 1_700_000_000_000, Deployer: "User:ANONYMOUS"}
	for i := range p.Digest {
		p.Digest[i] = digest
	}
	return p
}

func deploy(plugins ...metadata.Plugin) []metadata.PluginChange {
	var changes []metadata.PluginChange
	for _, p := range plugins {
		changes = append(changes, metadata.PluginChange{Plugin: p})
	}
	return changes
}

func undeploy(name, version string) []metadata.PluginChange {
	return []metadata.PluginChange{{Plugin: metadata.Plugin{Name: name, Version: version}, Remove: true}}
}

func wantPlugins(t *testing.T, m metadata.Module, want ...string) {
	t.Helper()
	if got := slices.Sorted(maps.Keys(m.Image().Plugins)); !slices.Equal(got, want) {
		t.Errorf("plugins are %q, want %q", got, want)
	}
}

func alterPlugins(t *testing.T, m metadata.Module, changes []metadata.PluginChange, code kafka.ErrorCode, word string) {
	t.Helper()
	err := m.AlterPlugins(t.Context(), changes)
	if kafka.CodeOf(err) != code || code != kafka.NoError && !strings.Contains(err.Error(), word) {
		t.Errorf("%+v: %v, want %s with %q", changes, err, code, word)
	}
}

func testPlugins(t *testing.T, f Factory) {
	m := started(t, f)
	var changed []string
	m.Subscribe(func(_ *metadata.Image, d *metadata.Delta) { changed = append(changed, d.Plugins...) })
	geo := deployment("geo", "1", 7)
	alterPlugins(t, m, deploy(geo), kafka.NoError, "")
	if got := m.Image().Plugins["geo@1"]; got == nil || *got != geo {
		t.Fatalf("deployed %+v, want %+v", got, geo)
	}
	before := m.Image()
	again := geo
	again.Deployer, again.DeployedAt = "User:other", 5
	alterPlugins(t, m, deploy(again), kafka.NoError, "")
	if m.Image() != before {
		t.Error("deploying the same bytes again changes something")
	}
	alterPlugins(t, m, deploy(deployment("geo", "1", 8)), kafka.DuplicateResource, "geo@1")
	alterPlugins(t, m, deploy(deployment("new", "1", 1), deployment("geo", "1", 8)), kafka.DuplicateResource, "geo@1")
	wantPlugins(t, m, "geo@1") // all or nothing
	alterPlugins(t, m, deploy(deployment("geo", "2", 8), deployment("pii", "1", 8)), kafka.NoError, "")
	wantPlugins(t, m, "geo@1", "geo@2", "pii@1")
	alterPlugins(t, m, undeploy("geo", "3"), kafka.ResourceNotFound, "geo@3")
	alterPlugins(t, m, undeploy("geo", "1"), kafka.NoError, "")
	wantPlugins(t, m, "geo@2", "pii@1")
	for _, name := range []string{"", "a b", "murmur2", "uniform", strings.Repeat("x", 200)} {
		alterPlugins(t, m, deploy(deployment(name, "1", 9)), kafka.InvalidRequest, "name")
	}
	alterPlugins(t, m, deploy(deployment("geo", "", 9)), kafka.InvalidRequest, "version")
	if want := []string{"geo@1", "geo@2", "pii@1", "geo@1"}; !slices.Equal(changed, want) {
		t.Errorf("subscribers heard of %q, want %q", changed, want)
	}
	if !before.HasPlugin(geo.Digest) || m.Image().HasPlugin(geo.Digest) {
		t.Error("an image changed, or a removed digest is still there")
	}
}

func testPluginBindings(t *testing.T, f Factory) {
	m := started(t, f)
	create(t, m, newTopic("t", 1))
	v1, v2 := deployment("geo", "1", 7), deployment("geo", "2", 8)
	alterPlugins(t, m, deploy(v1, v2), kafka.NoError, "")
	bind := func(key, value string) error {
		return m.AlterConfigs(t.Context(), []metadata.ConfigChange{topicChange("t", set(key, value))}, false)[0]
	}
	const slot = "jackdaw.value.serializer"
	wantErr(t, "an unknown version", bind(slot, "geo@3"), kafka.InvalidConfig, "Unknown plugin geo@3: there is geo@1, geo@2")
	wantErr(t, "an unknown name", bind(slot, "pii@1"), kafka.InvalidConfig, "Unknown plugin pii@1: there is none of that name; deploy it first")
	if err := bind(slot, strings.Repeat("ab", 32)); kafka.CodeOf(err) != kafka.InvalidConfig {
		t.Errorf("an unknown digest: %v", err)
	}
	unknown := newTopic("u", 1, slot, "geo@3")
	if err := m.CreateTopics(t.Context(), []metadata.NewTopic{unknown}, false)[0].Err; kafka.CodeOf(err) != kafka.InvalidConfig {
		t.Errorf("a topic with an unknown plugin: %v", err)
	}
	if err := bind("jackdaw.partitioner", "murmur2@1"); err != nil {
		t.Errorf("a plugin of the broker: %v", err)
	}
	wantErr(t, "a mode that it lacks the function for", m.AlterConfigs(t.Context(), []metadata.ConfigChange{
		topicChange("t", set(slot, "geo@1"), set(slot+".mode", "transform")),
	}, false)[0], kafka.InvalidConfig, "Plugin geo@1 can't be bound as value.serializer in mode transform: its functions are validate,partition, and serialize is needed")
	if err := bind("jackdaw.partitioner", "utf8@1"); kafka.CodeOf(err) != kafka.InvalidConfig {
		t.Errorf("a serializer as a partitioner: %v", err)
	}
	group := metadata.ConfigChange{Resource: metadata.Resource{Type: metadata.GroupResource, Name: "g"}, Ops: []metadata.ConfigEdit{set("jackdaw.assignor", "geo@1")}}
	if err := m.AlterConfigs(t.Context(), []metadata.ConfigChange{group}, false)[0]; kafka.CodeOf(err) != kafka.InvalidConfig {
		t.Errorf("what is no assignor for a group: %v", err)
	}
	if err := bind(slot, "geo@1"); err != nil {
		t.Fatal(err)
	}
	alterPlugins(t, m, undeploy("geo", "1"), kafka.PolicyViolation, "topic 't'")
	alterPlugins(t, m, undeploy("geo", "2"), kafka.NoError, "")
	alterPlugins(t, m, deploy(v2, deployment("copy", "1", 8)), kafka.NoError, "")
	if err := bind(slot, strings.Repeat("08", 32)); err != nil {
		t.Fatal(err)
	}
	alterPlugins(t, m, undeploy("geo", "1"), kafka.NoError, "")
	alterPlugins(t, m, undeploy("geo", "2"), kafka.NoError, "") // copy@1 is the same
	alterPlugins(t, m, undeploy("copy", "1"), kafka.PolicyViolation, "topic 't'")
	alter(t, m, topicChange("t", remove(slot)))
	alterPlugins(t, m, undeploy("copy", "1"), kafka.NoError, "")
	wantPlugins(t, m)
}

func testPluginsRestart(t *testing.T, f Factory) {
	if f.Reopen == nil {
		return
	}
	m := started(t, f)
	alterPlugins(t, m, deploy(deployment("geo", "1", 7), deployment("geo", "2", 8)), kafka.NoError, "")
	alterPlugins(t, m, undeploy("geo", "1"), kafka.NoError, "")
	want := m.Image().Plugins
	if err := m.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	m = start(t, f.Reopen(t, m))
	if got := m.Image().Plugins; !reflect.DeepEqual(got, want) || len(got) != 1 {
		t.Errorf("after a restart: %v, want %v", got, want)
	}
}
