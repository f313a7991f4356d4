package registry_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/jackdawmq/jackdaw/core/metadata"
	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/core/record"
	"github.com/jackdawmq/jackdaw/core/shard/shardtest"
)

func TestRestart(t *testing.T) {
	c := newCluster(t)
	v1, v2 := guest(t, "one", 0), guest(t, "two", 2<<20)
	r := c.start(t)
	mustDeploy(t, r, "geo@1", v1)
	mustDeploy(t, r, "geo@2", v2)
	if err := r.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Lookup(t.Context(), ref(t, "geo@1")); classOf(err) != plugin.NotLoaded {
		t.Errorf("after the stop: %v", err)
	}
	r = c.start(t)
	mustLookup(t, r, "geo@2", v2)
	mustLookup(t, r, "geo@1", v1)
	if report := c.health.Report(); len(report.Components) > 0 && report.Components[0].Error != "" {
		t.Errorf("health: %+v", report)
	}
}

func classOf(err error) plugin.Class {
	if f, ok := errors.AsType[*plugin.Failure](err); ok {
		return f.Class
	}
	return 0
}

// TestTornDeployment leaves some chunks, as a crash does: they are no plugin, they go, and deploying again works.
func TestTornDeployment(t *testing.T) {
	c := newCluster(t)
	v1, torn := guest(t, "one", 0), guest(t, "torn", 2<<20)
	r := c.start(t)
	mustDeploy(t, r, "geo@1", v1)
	digest := plugin.DigestOf(torn)
	appendChunk(t, c, digest.String()+"/0", torn[:768<<10])
	appendChunk(t, c, digest.String()+"/1", torn[768<<10:2*768<<10])
	appendChunk(t, c, "something/else", []byte("x"))
	if err := r.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	r = c.start(t)
	if got := names(t, r); !slices.Equal(got, []string{"geo@1"}) {
		t.Errorf("list: %q", got)
	}
	gone := map[string]bool{}
	for key, value := range c.stored(t) {
		gone[key] = value == nil
	}
	if !gone[digest.String()+"/0"] || !gone[digest.String()+"/1"] || gone[plugin.DigestOf(v1).String()+"/0"] {
		t.Errorf("deleted: %v", gone)
	}
	mustDeploy(t, r, "geo@2", torn)
	mustLookup(t, r, "geo@2", torn)
}

func appendChunk(t *testing.T, c *cluster, key string, value []byte) {
	t.Helper()
	var b record.Builder
	b.Reset(nil, record.NewHeader())
	b.Append(1, []byte(key), value)
	batch, err := b.Finish()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.log.AppendRecords(chunks, batch, 0); err != nil {
		t.Fatal(err)
	}
}

func TestDeployWaitsForTheCommit(t *testing.T) {
	c := newCluster(t)
	r := c.start(t)
	mustDeploy(t, r, "geo@1", guest(t, "one", 0)) // the topic exists
	release := c.log.HoldCommits()
	defer release()
	ctx, cancel := context.WithCancel(t.Context())
	c.Subscribe(func(_ *metadata.Image, d *metadata.Delta) {
		if len(d.Plugins) > 0 {
			t.Errorf("%q is visible before its bytes are committed", d.Plugins)
		}
	})
	before := countChunks(t, c)
	done := make(chan error)
	go func() {
		_, err := r.Deploy(ctx, plugin.Deployment{Ref: ref(t, "geo@2"), Bytes: guest(t, "two", 0)})
		done <- err
	}()
	for countChunks(t, c) == before {
		select {
		case err := <-done:
			t.Fatal(err)
		default:
		}
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("a deployment that was never committed: %v", err)
	}
}

// TestDeletedTopic: what this broker remembers does not hide that the bytes are gone.
func TestDeletedTopic(t *testing.T) {
	c := newCluster(t)
	b := guest(t, "one", 0)
	r := c.start(t)
	mustDeploy(t, r, "geo@1", b)
	c.log = &shardtest.Log{}
	if err := r.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	r = c.start(t)
	if report := c.health.Report(); !strings.Contains(report.Components[0].Error, "geo@1 can't run on this broker: its bytes are not in __jackdaw_plugins") {
		t.Errorf("health: %+v", report)
	}
	if versions, err := r.Describe(t.Context(), "geo"); err != nil || versions[0].LoadFailed == "" {
		t.Errorf("%+v, %v", versions, err)
	}
	mustDeploy(t, r, "geo@1", b)
	mustLookup(t, r, "geo@1", b)
	if versions, err := r.Describe(t.Context(), "geo"); err != nil || versions[0].LoadFailed != "" {
		t.Errorf("%+v, %v", versions, err)
	}
}

func TestUnreadableTopic(t *testing.T) {
	c := newCluster(t)
	b := guest(t, "one", 0)
	r := c.start(t)
	mustDeploy(t, r, "geo@1", b)
	if err := r.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.log.FailReads(errors.New("the disk is gone"))
	r = c.start(t)
	if _, err := r.Lookup(t.Context(), ref(t, "geo@1")); classOf(err) != plugin.NotLoaded {
		t.Errorf("%v", err)
	}
	if report := c.health.Report(); !strings.Contains(report.Components[0].Error, "the disk is gone") {
		t.Errorf("health: %+v", report)
	}
	c.log.FailReads(nil)
	mustLookup(t, r, "geo@1", b)
}
