package broker_test

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/broker"
	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/modules"
)

// A program that carries its own broker.
func Example() {
	b, err := broker.New(broker.Options{
		Modules: modules.All(),
		Sources: config.Sources{Set: []string{
			"modules.log=memory", "modules.metadata=memory", "listeners=PLAINTEXT://127.0.0.1:0", "jackdaw.admin.listener=",
		}},
		Log: zap.NewNop(),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	if err := b.Start(ctx); err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = b.Stop(ctx) }()

	client, err := kgo.NewClient(kgo.SeedBrokers(b.Addrs()[0].Addr.String()), kgo.AllowAutoTopicCreation(),
		kgo.DefaultProduceTopic("greetings"), kgo.ConsumeTopics("greetings"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	if err := client.ProduceSync(ctx, kgo.StringRecord("hello")).FirstErr(); err != nil {
		fmt.Println(err)
		return
	}
	for _, record := range client.PollFetches(ctx).Records() {
		fmt.Printf("%s\n", record.Value)
	}
	// Output: hello
}
