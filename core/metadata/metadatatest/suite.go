// Package metadatatest is the suite that every metadata module must pass: what the contract in core/metadata promises, in
// a cluster of one broker with id 1, and Kafka's error codes and words.
package metadatatest

import (
	"context"
	"testing"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
)

// Factory makes the modules under test. They know Kafka's topic, group and broker configs with their defaults.
type Factory struct {
	// New returns a module of a new cluster, not started.
	New func(t *testing.T) metadata.Module
	// Reopen returns a module, not started, over what a stopped one left behind. It is nil for a module that keeps nothing.
	Reopen func(t *testing.T, stopped metadata.Module) metadata.Module
}

// Run runs the suite.
func Run(t *testing.T, f Factory) {
	t.Helper()
	tests := []struct {
		name string
		run  func(t *testing.T, f Factory)
	}{
		{"FreshCluster", testFreshCluster},
		{"CreateTopics", testCreateTopics},
		{"CreateTopicsRefuses", testCreateTopicsRefuses},
		{"CreateTopicsLimits", testCreateTopicsLimits},
		{"Assignments", testAssignments},
		{"ValidateOnly", testValidateOnly},
		{"DeleteTopics", testDeleteTopics},
		{"CreatePartitions", testCreatePartitions},
		{"InternalTopic", testInternalTopic},
		{"AlterConfigs", testAlterConfigs},
		{"AlterConfigsRefuses", testAlterConfigsRefuses},
		{"Plugins", testPlugins},
		{"PluginBindings", testPluginBindings},
		{"PluginsRestart", testPluginsRestart},
		{"Subscribers", testSubscribers},
		{"ImagesAreImmutable", testImagesAreImmutable},
		{"ProducerIDs", testProducerIDs},
		{"Concurrent", testConcurrent},
		{"Stopped", testStopped},
		{"Restart", testRestart},
		{"EpochsOverRestarts", testEpochsOverRestarts},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { test.run(t, f) })
	}
}

// Self is how the suite's broker registers.
func Self() metadata.Registration {
	return metadata.Registration{ID: 1, Rack: "r1", Endpoints: []metadata.Endpoint{
		{Listener: "PLAINTEXT", Protocol: "PLAINTEXT", Host: "127.0.0.1", Port: 9092},
	}}
}

func start(t *testing.T, m metadata.Module) metadata.Module {
	t.Helper()
	if err := m.Start(t.Context(), Self()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return m
}

func started(t *testing.T, f Factory) metadata.Module {
	t.Helper()
	return start(t, f.New(t))
}

// newTopic describes a topic with default replication; configs are keys and values in turn.
func newTopic(name string, partitions int32, configs ...string) metadata.NewTopic {
	n := metadata.NewTopic{Name: name, Partitions: partitions, Replicas: -1}
	for i := 0; i < len(configs); i += 2 {
		if n.Configs == nil {
			n.Configs = map[string]*string{}
		}
		n.Configs[configs[i]] = &configs[i+1]
	}
	return n
}

func create(t *testing.T, m metadata.Module, topics ...metadata.NewTopic) []metadata.TopicResult {
	t.Helper()
	results := m.CreateTopics(t.Context(), topics, false)
	for _, r := range results {
		if r.Err != nil {
			t.Fatalf("create %s: %v", r.Name, r.Err)
		}
	}
	return results
}

// wantErr compares code and message; message "" stands for none.
func wantErr(t *testing.T, what string, err error, code kafka.ErrorCode, message string) {
	t.Helper()
	got := ""
	if m := kafka.MessageOf(err); m != nil {
		got = *m
	}
	if kafka.CodeOf(err) != code || got != message {
		t.Errorf("%s:\n got %s %q\nwant %s %q", what, kafka.CodeOf(err), got, code, message)
	}
}

func set(name, value string) metadata.ConfigEdit {
	return metadata.ConfigEdit{Name: name, Op: metadata.SetConfig, Value: &value}
}

func topicChange(topic string, edits ...metadata.ConfigEdit) metadata.ConfigChange {
	return metadata.ConfigChange{Resource: metadata.Resource{Type: metadata.TopicResource, Name: topic}, Ops: edits}
}

func alter(t *testing.T, m metadata.Module, changes ...metadata.ConfigChange) {
	t.Helper()
	for i, err := range m.AlterConfigs(t.Context(), changes, false) {
		if err != nil {
			t.Fatalf("alter %v: %v", changes[i].Resource, err)
		}
	}
}
