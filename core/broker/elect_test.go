package broker_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"go.uber.org/fx"
	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/broker"
	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/core/coordinator"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
	"github.com/jackdawmq/jackdaw/core/module"
	"github.com/jackdawmq/jackdaw/modules"
)

// diary is a coordinator that writes down what it is told. Its state is in the topic "diary".
type diary struct{ told []string }

func (*diary) Type() coordinator.Type   { return coordinator.Share }
func (*diary) Topic() metadata.NewTopic { return metadata.NewTopic{Name: "diary"} }
func (*diary) Routes() []api.Route      { return nil }

func (d *diary) Elected(partition int32, epoch kafka.LeaderEpoch) {
	d.told = append(d.told, fmt.Sprint("elected ", partition, " in epoch ", epoch))
}

func (d *diary) Resigned(partition int32) {
	d.told = append(d.told, fmt.Sprint("resigned ", partition))
}

func (d *diary) MetadataChanged(_ *metadata.Image, delta *metadata.Delta) {
	for _, t := range delta.Topics {
		d.told = append(d.told, "changed "+t.Name)
	}
	for _, t := range delta.Deleted {
		d.told = append(d.told, "deleted "+t.Name)
	}
}

func (d *diary) Stop(context.Context) error {
	d.told = append(d.told, "stop")
	return nil
}

type provided struct {
	fx.Out
	Coordinator coordinator.Coordinator `group:"coordinators"`
}

// TestCoordinatorsFollowMetadata has a coordinator whose topic comes, grows, goes and comes again. What it is told has
// reached it when the change is answered.
func TestCoordinatorsFollowMetadata(t *testing.T) {
	d := &diary{}
	wire := func(struct{}) fx.Option { return fx.Provide(func() provided { return provided{Coordinator: d} }) }
	keeper := module.New(module.Coordinator, "diary", "writes down what it is told", func() struct{} { return struct{}{} }, wire)
	b, err := broker.New(broker.Options{
		Modules: append(modules.All(), keeper), Log: zap.NewNop(),
		Sources: config.Sources{Hostname: "localhost", Set: append(inMemory[:len(inMemory):len(inMemory)], "modules.coordinator=diary")},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(b.Addrs()[0].Addr.String()))
	if err != nil {
		t.Fatal(err)
	}
	create := func(name string) {
		req := kmsg.NewPtrCreateTopicsRequest()
		req.Topics = []kmsg.CreateTopicsRequestTopic{{Topic: name, NumPartitions: 2, ReplicationFactor: 1}}
		answered(t, client, req)
	}
	create("other")
	create("diary")
	grow := kmsg.NewPtrCreatePartitionsRequest()
	grow.TimeoutMillis = 5000
	grow.Topics = []kmsg.CreatePartitionsRequestTopic{{Topic: "diary", Count: 3}}
	answered(t, client, grow)
	name := "diary"
	remove := kmsg.NewPtrDeleteTopicsRequest()
	remove.TopicNames, remove.Topics = []string{name}, []kmsg.DeleteTopicsRequestTopic{{Topic: &name}}
	answered(t, client, remove)
	create("diary")
	client.Close()
	if err := b.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"changed other",
		"elected 0 in epoch 0", "elected 1 in epoch 0", "changed diary",
		"elected 2 in epoch 0", "changed diary", // the others stay
		"resigned 0", "resigned 1", "resigned 2", "deleted diary",
		"elected 0 in epoch 0", "elected 1 in epoch 0", "changed diary",
		"stop",
	}
	if i := slices.Index(d.told, "deleted diary"); i >= 3 {
		slices.Sort(d.told[i-3 : i]) // in any order
	}
	if !slices.Equal(d.told, want) {
		t.Errorf("told %q,\nwant %q", d.told, want)
	}
}

// answered sends a request whose answers must be without error.
func answered(t *testing.T, client *kgo.Client, req kmsg.Request) {
	t.Helper()
	resp, err := client.Request(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	var code int16
	switch r := resp.(type) {
	case *kmsg.CreateTopicsResponse:
		code = r.Topics[0].ErrorCode
	case *kmsg.CreatePartitionsResponse:
		code = r.Topics[0].ErrorCode
	case *kmsg.DeleteTopicsResponse:
		code = r.Topics[0].ErrorCode
	}
	if code != 0 {
		t.Fatalf("%T: %v", resp, kafka.ErrorCode(code))
	}
}
