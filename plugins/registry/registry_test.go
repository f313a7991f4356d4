package registry_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"
	"go.uber.org/zap/zaptest"

	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/core/record"
	"github.com/jackdawmq/jackdaw/core/shard/shardtest"
	"github.com/jackdawmq/jackdaw/core/telemetry"
	"github.com/jackdawmq/jackdaw/core/vfs"
	"github.com/jackdawmq/jackdaw/modules/metadata/file"
	"github.com/jackdawmq/jackdaw/plugins/registry"
	"github.com/jackdawmq/jackdaw/plugins/wasm"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// cluster is what survives a restart of the registry.
type cluster struct {
	*file.Controller
	log    *shardtest.Log
	health *telemetry.Health
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	c := file.New(file.Settings{FS: vfs.OS{}, Configs: config.NewResolver(nil), Log: zaptest.NewLogger(t)})
	if err := c.Start(t.Context(), metadata.Registration{ID: 1}); err != nil {
		t.Fatal(err)
	}
	return &cluster{Controller: c, log: &shardtest.Log{}}
}

// start returns a registry whose background work has ended.
func (c *cluster) start(t *testing.T, files ...string) *registry.Registry {
	t.Helper()
	c.health = telemetry.NewHealth()
	r := registry.New(registry.Settings{
		Metadata: c.Controller, Writer: c.log, Reader: c.log, Files: files, Health: c.health, Log: zaptest.NewLogger(t),
		OpenEngine: func() (plugin.Engine, error) { return wasm.New(wasm.Config{}) },
	})
	if err := r.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	<-r.Settled()
	return r
}

// guest is a good plugin; each label makes another digest, and pad makes it larger.
func guest(t *testing.T, label string, pad int) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "wasm", "testdata", "guest.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	section := append([]byte{byte(len(label))}, label...)
	section = append(section, make([]byte, pad)...)
	return append(binary.AppendUvarint(append(b, 0), uint64(len(section))), section...)
}

func ref(t *testing.T, s string) plugin.Ref {
	t.Helper()
	r, err := plugin.ParseRef(s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func deploy(t *testing.T, r *registry.Registry, name string, b []byte) (plugin.Description, error) {
	t.Helper()
	return r.Deploy(t.Context(), plugin.Deployment{Ref: ref(t, name), Bytes: b, Deployer: "User:me"})
}

func mustDeploy(t *testing.T, r *registry.Registry, name string, b []byte) plugin.Description {
	t.Helper()
	d, err := deploy(t, r, name, b)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func mustLookup(t *testing.T, r *registry.Registry, name string, want []byte) {
	t.Helper()
	p, err := r.Lookup(t.Context(), ref(t, name))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	defer p.Close()
	if got := p.Info().Digest; got != plugin.DigestOf(want) {
		t.Errorf("%s is %s", name, got.Short())
	}
}

func names(t *testing.T, r *registry.Registry) []string {
	t.Helper()
	list, err := r.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var refs []string
	for _, d := range list {
		if !d.Builtin {
			refs = append(refs, d.Ref.String())
		}
	}
	return refs
}

// stored returns the last record of each key; nil for a deleted one.
func (c *cluster) stored(t *testing.T) map[string][]byte {
	t.Helper()
	last := map[string][]byte{}
	for _, b := range c.log.Batches(chunks) {
		records, err := b.Records(1 << 20)
		if err != nil {
			t.Fatal(err)
		}
		var r record.Record
		for records.Next(&r) {
			last[string(r.Key)] = bytes.Clone(r.Value)
		}
		records.Close()
	}
	return last
}

func countChunks(t *testing.T, c *cluster) int {
	t.Helper()
	n := 0
	for key, value := range c.stored(t) {
		if strings.Contains(key, "/") && value != nil {
			n++
		}
	}
	return n
}

func TestDeploy(t *testing.T) {
	c := newCluster(t)
	r := c.start(t)
	v1, v2 := guest(t, "one", 0), guest(t, "two", 3<<20)
	d := mustDeploy(t, r, "geo@1", v1)
	if d.Info.Digest != plugin.DigestOf(v1) || d.Info.Size != len(v1) || d.Deployer != "User:me" || d.Deployed.IsZero() || len(d.Info.Functions.Kinds()) == 0 {
		t.Errorf("deployed %+v", d)
	}
	before := countChunks(t, c)
	mustDeploy(t, r, "geo@1", v1)
	mustDeploy(t, r, "copy@1", v1)
	if after := countChunks(t, c); after != before {
		t.Errorf("the same bytes were stored again: %d batches after %d", after, before)
	}
	if _, err := deploy(t, r, "geo@1", v2); !errors.Is(err, kafka.DuplicateResource) {
		t.Errorf("another digest: %v", err)
	}
	if countChunks(t, c) != before {
		t.Error("bytes of a refused version were stored")
	}
	mustDeploy(t, r, "geo@2", v2)
	if n := countChunks(t, c) - before; n != 5 {
		t.Errorf("3 MiB are %d chunks", n)
	}
	for _, b := range c.log.Batches(chunks) {
		if len(b) > 1048588 {
			t.Errorf("a batch of %d bytes is larger than max.message.bytes", len(b))
		}
	}
	if names := c.stored(t); string(names["geo@2"]) != plugin.DigestOf(v2).String() || string(names["geo@1"]) != plugin.DigestOf(v1).String() {
		t.Errorf("readers of the topic see geo@1 as %s and geo@2 as %s", names["geo@1"], names["geo@2"])
	}
	mustLookup(t, r, "geo@1", v1)
	mustLookup(t, r, "geo@2", v2)
	mustLookup(t, r, plugin.DigestOf(v2).String(), v2)
	if got := names(t, r); !slices.Equal(got, []string{"copy@1", "geo@1", "geo@2"}) {
		t.Errorf("list: %q", got)
	}
	if versions, err := r.Describe(t.Context(), "murmur2"); err != nil || len(versions) != 1 || !versions[0].Builtin {
		t.Errorf("a plugin of the broker: %+v, %v", versions, err)
	}
	if versions, err := r.Describe(t.Context(), "nosuch"); err != nil || len(versions) != 0 {
		t.Errorf("an unknown plugin: %+v, %v", versions, err)
	}
}

var chunks = kafka.TopicPartition{Topic: kafka.PluginsTopic}

// TestValidateOnly: the same answers as a deployment's, and nothing is changed.
func TestValidateOnly(t *testing.T) {
	c := newCluster(t)
	r := c.start(t)
	ask := func(name string, b []byte, vectors []byte) (plugin.Description, error) {
		t.Helper()
		return r.Deploy(t.Context(), plugin.Deployment{Ref: ref(t, name), Bytes: b, Vectors: vectors, ValidateOnly: true})
	}
	v1, v2 := guest(t, "one", 0), guest(t, "two", 0)
	d, err := ask("geo@1", v1, nil)
	if err != nil || d.Ref.String() != "geo@1" || d.Info.Digest != plugin.DigestOf(v1) || !d.Deployed.IsZero() || len(d.Info.Functions.Kinds()) == 0 {
		t.Errorf("%+v, %v", d, err)
	}
	if _, err := ask("geo@1", []byte("no wasm"), nil); err == nil {
		t.Error("no module could be deployed")
	}
	if _, err := ask("geo@1", v1, []byte("nonsense")); err == nil || !strings.Contains(err.Error(), "test vectors") {
		t.Errorf("vectors that are none: %v", err)
	}
	if got := names(t, r); len(got) > 0 || len(c.stored(t)) > 0 {
		t.Errorf("list: %q, stored: %v", got, c.stored(t))
	}
	mustDeploy(t, r, "geo@1", v1)
	if _, err := ask("geo@1", v1, nil); err != nil {
		t.Errorf("the same bytes: %v", err)
	}
	if _, err := ask("geo@1", v2, nil); !errors.Is(err, kafka.DuplicateResource) {
		t.Errorf("another digest: %v", err)
	}
}

func TestRefused(t *testing.T) {
	c := newCluster(t)
	r := c.start(t)
	f := func(name string, b []byte, vectors, want string) {
		t.Helper()
		_, err := r.Deploy(t.Context(), plugin.Deployment{Ref: ref(t, name), Bytes: b, Vectors: []byte(vectors)})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
	trap, err := os.ReadFile(filepath.Join("..", "wasm", "testdata", "start_trap.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	f("geo@1", []byte("no wasm"), "{", "test vectors")
	f("geo@1", trap, `{"call":"validate"}`, "test vectors")
	for _, b := range [][]byte{[]byte("no wasm"), nil, trap} {
		if _, err := deploy(t, r, "geo@1", b); err == nil {
			t.Errorf("%.20q was deployed", b)
		}
	}
	if _, err := deploy(t, r, "murmur2@1", guest(t, "one", 0)); !errors.Is(err, kafka.InvalidRequest) {
		t.Errorf("a reserved name: %v", err)
	}
	if got := names(t, r); len(got) > 0 || len(c.stored(t)) > 0 {
		t.Errorf("list: %q, stored: %v", got, c.stored(t))
	}
	if _, err := r.Lookup(t.Context(), ref(t, "geo@1")); !errors.Is(err, kafka.InvalidConfig) {
		t.Errorf("an unknown plugin: %v", err)
	}
}

func TestRemove(t *testing.T) {
	c := newCluster(t)
	r := c.start(t)
	b := guest(t, "one", 0)
	mustDeploy(t, r, "geo@1", b)
	mustDeploy(t, r, "copy@1", b)
	name, value := "t", "geo@1"
	if res := c.CreateTopics(t.Context(), []metadata.NewTopic{{Name: name, Partitions: 1, Replicas: -1,
		Configs: map[string]*string{"jackdaw.value.serializer": &value}}}, false)[0]; res.Err != nil {
		t.Fatal(res.Err)
	}
	if versions, err := r.Describe(t.Context(), "geo"); err != nil || !slices.Equal(versions[0].BoundTo, []string{"topic t value.serializer"}) {
		t.Errorf("%+v, %v", versions, err)
	}
	if err := r.Remove(t.Context(), ref(t, "geo@1")); !errors.Is(err, kafka.PolicyViolation) {
		t.Errorf("a plugin in use: %v", err)
	}
	mustLookup(t, r, "geo@1", b)
	if err := r.Remove(t.Context(), ref(t, "copy@1")); err != nil {
		t.Fatal(err)
	}
	mustLookup(t, r, "geo@1", b) // the bytes stay
	c.DeleteTopics(t.Context(), []metadata.TopicRef{{Name: name}})
	if err := r.Remove(t.Context(), ref(t, "geo@1")); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Lookup(t.Context(), ref(t, "geo@1")); !errors.Is(err, kafka.InvalidConfig) {
		t.Errorf("after it was removed: %v", err)
	}
	for _, name := range []string{"geo@1", "utf8@1"} {
		if err := r.Remove(t.Context(), ref(t, name)); err == nil {
			t.Errorf("%s was removed again", name)
		}
	}
	if n := countChunks(t, c); n != 0 || c.stored(t)["geo@1"] != nil {
		t.Errorf("%d chunks are left, and geo@1 as %q", n, c.stored(t)["geo@1"])
	}
	mustDeploy(t, r, "geo@1", guest(t, "other", 0)) // the name is free
}
