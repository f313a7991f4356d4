package handler_test

import (
	"context"
	"errors"
	"maps"
	"math"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/auth"
	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/core/internal/handler"
	"github.com/jackdawmq/jackdaw/core/internal/partition"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/metadata"
	"github.com/jackdawmq/jackdaw/core/record"
	"github.com/jackdawmq/jackdaw/modules/log/memory"
	"github.com/jackdawmq/jackdaw/modules/replication/none"
)

// broker is the data path of a broker: real partitions and handlers over a memory log, and metadata that tests set.
type broker struct {
	t          testing.TB
	metadata   *fakeMetadata
	partitions *partition.Set
	router     *api.Router
	authorizer fakeAuthorizer
}

// fakeMetadata is metadata that tests change; it is not a controller.
type fakeMetadata struct {
	metadata.Module
	image atomic.Pointer[metadata.Image]
	next  atomic.Int64
	busy  atomic.Bool // no producer ids can be had
}

func (m *fakeMetadata) Image() *metadata.Image { return m.image.Load() }

func (m *fakeMetadata) AllocateProducerIDs(_ context.Context, n int) (kafka.ProducerID, error) {
	if m.busy.Load() {
		return kafka.NoProducerID, errors.New("no quorum")
	}
	return kafka.ProducerID(m.next.Add(int64(n)) - int64(n)), nil
}

// fakeAuthorizer refuses what tests tell it to.
type fakeAuthorizer struct{ denied map[string]bool }

func (a *fakeAuthorizer) Allowed(_ auth.Principal, _ string, _ auth.Operation, _ auth.ResourceType, name string) bool {
	return !a.denied[name]
}
func (a *fakeAuthorizer) Enabled() bool { return len(a.denied) > 0 }

// newBroker starts a broker without topics.
func newBroker(t testing.TB, options ...func(*partition.Settings, *handler.Deps)) *broker {
	b := &broker{t: t, metadata: &fakeMetadata{}}
	b.metadata.image.Store(&metadata.Image{
		ControllerID: 1,
		Brokers: map[kafka.NodeID]*metadata.Broker{
			1: {ID: 1, Endpoints: []metadata.Endpoint{{Listener: "PLAINTEXT", Protocol: "PLAINTEXT", Host: "h", Port: 9092}}},
		},
		Topics: map[string]*metadata.Topic{}, TopicIDs: map[kafka.TopicID]*metadata.Topic{},
		Configs: map[metadata.Resource]map[string]string{},
	})
	settings := partition.Settings{
		Self: 1, Engine: memory.New(memory.DefaultConfig(), zap.NewNop()), Replicator: none.Replicator{}, Configs: config.NewResolver(nil), Log: zap.NewNop(),
		ProducerExpiry: 24 * time.Hour, OpenParallel: 4,
	}
	deps := handler.Deps{
		Self: 1, Metadata: b.metadata, Configs: settings.Configs, Authorizer: &b.authorizer, Log: zap.NewNop(),
		Fetch: handler.FetchSettings{MaxBytes: 55 << 20, SessionSlots: 10},
	}
	for _, o := range options {
		o(&settings, &deps)
	}
	engine := settings.Engine
	if err := engine.Start(t.Context(), log.Identity{NodeID: 1}); err != nil {
		t.Fatal(err)
	}
	b.partitions = partition.New(settings)
	if err := b.partitions.Start(t.Context(), b.metadata.Image(), nil); err != nil {
		t.Fatal(err)
	}
	deps.Partitions = b.partitions
	router, err := api.NewRouter(handler.New(deps).Routes()...)
	if err != nil {
		t.Fatal(err)
	}
	b.router = router
	t.Cleanup(func() {
		ctx := context.Background()
		if err := b.partitions.Stop(ctx); err != nil {
			t.Error(err)
		}
		if err := engine.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return b
}

// createTopic adds a topic with all its partitions on this broker and returns its id.
func (b *broker) createTopic(name string, partitions int, configs ...string) kafka.TopicID {
	topic := &metadata.Topic{Name: name, ID: kafka.NewTopicID()}
	for range partitions {
		topic.Partitions = append(topic.Partitions, metadata.Partition{Replicas: []kafka.NodeID{1}, ISR: []kafka.NodeID{1}, Leader: 1})
	}
	delta := &metadata.Delta{Topics: []*metadata.Topic{topic}}
	b.change(delta, func(image *metadata.Image) {
		image.Topics[name], image.TopicIDs[topic.ID] = topic, topic
		if len(configs) > 0 {
			resource := metadata.Resource{Type: metadata.TopicResource, Name: name}
			image.Configs[resource] = pairs(configs)
			delta.Configs = append(delta.Configs, resource)
		}
	})
	return topic.ID
}

func pairs(list []string) map[string]string {
	m := make(map[string]string)
	for i := 0; i < len(list); i += 2 {
		m[list[i]] = list[i+1]
	}
	return m
}

func (b *broker) deleteTopic(name string) {
	topic := b.metadata.Image().Topics[name]
	b.change(&metadata.Delta{Deleted: []*metadata.Topic{topic}}, func(image *metadata.Image) {
		delete(image.Topics, name)
		delete(image.TopicIDs, topic.ID)
	})
}

// setLeader changes the leader and its epoch of every partition of a topic.
func (b *broker) setLeader(name string, leader kafka.NodeID, epoch kafka.LeaderEpoch) {
	topic := *b.metadata.Image().Topics[name]
	topic.Partitions = append([]metadata.Partition(nil), topic.Partitions...)
	for i := range topic.Partitions {
		topic.Partitions[i].Leader, topic.Partitions[i].LeaderEpoch = leader, epoch
	}
	b.change(&metadata.Delta{Topics: []*metadata.Topic{&topic}}, func(image *metadata.Image) {
		image.Topics[name], image.TopicIDs[topic.ID] = &topic, &topic
	})
}

func (b *broker) change(delta *metadata.Delta, edit func(*metadata.Image)) {
	image := *b.metadata.Image()
	image.Offset++
	image.Topics, image.TopicIDs, image.Configs = maps.Clone(image.Topics), maps.Clone(image.TopicIDs), maps.Clone(image.Configs)
	edit(&image)
	b.metadata.image.Store(&image)
	b.partitions.MetadataChanged(&image, delta)
}

// call builds the call of a request as a connection would.
func call(ctx context.Context, req kmsg.Request) *api.Call {
	c := &api.Call{
		Key: req.Key(), Version: req.GetVersion(), Body: req.AppendTo(nil), ClientID: "test",
		Client:     api.Client{Principal: auth.Anonymous, Addr: netip.MustParseAddrPort("127.0.0.1:1234"), Listener: "PLAINTEXT"},
		Received:   time.Now(),
		Connection: &api.Connection{},
	}
	c.SetContext(ctx)
	return c
}

// do sends a request through the router and decodes the response; nil when there is none.
func (b *broker) do(req kmsg.Request) kmsg.Response {
	b.t.Helper()
	return b.answer(call(context.Background(), req), req)
}

func (b *broker) answer(c *api.Call, req kmsg.Request) kmsg.Response {
	b.t.Helper()
	b.router.Serve(c)
	defer c.Response.Release()
	if c.Response.None {
		return nil
	}
	resp := req.ResponseKind()
	resp.SetVersion(c.Version)
	if err := resp.ReadFrom(b.spliced(&c.Response)); err != nil {
		b.t.Fatalf("response of key %d version %d: %v", c.Key, c.Version, err)
	}
	return resp
}

// spliced returns the response as the client gets it.
func (b *broker) spliced(r *api.Response) []byte {
	b.t.Helper()
	var out []byte
	at := 0
	for _, s := range r.Splices {
		out = append(out, r.Body[at:s.At]...)
		at = s.At
		records := make([]byte, s.Extent.Len())
		if n, err := s.Extent.ReadAt(records, 0); n != len(records) {
			b.t.Fatalf("extent has %d of %d bytes: %v", n, len(records), err)
		}
		out = append(out, records...)
	}
	return append(out, r.Body[at:]...)
}

// serveAgain sends the same request over and over on one connection, as the network module does.
func serveAgain(b *broker, req kmsg.Request) (*api.Call, func()) {
	c := call(context.Background(), req)
	return c, func() {
		b.router.Serve(c)
		c.Response.Release()
		c.Response.Reset()
	}
}

// batch builds a batch of records with the given values.
func batch(t testing.TB, edit func(*record.Header), values ...string) []byte {
	t.Helper()
	h := record.NewHeader()
	if edit != nil {
		edit(&h)
	}
	var builder record.Builder
	builder.Reset(nil, h)
	for i, v := range values {
		builder.Append(time.Now().UnixMilli()+int64(i), []byte("key"), []byte(v))
	}
	b, err := builder.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// from makes a batch one of an idempotent producer.
func from(id kafka.ProducerID, epoch kafka.ProducerEpoch, sequence int32) func(*record.Header) {
	return func(h *record.Header) { h.ProducerID, h.ProducerEpoch, h.BaseSequence = id, epoch, sequence }
}

// produceRequest builds a request for one partition.
func produceRequest(version int16, acks int16, topic string, id kafka.TopicID, i int32, records []byte) *kmsg.ProduceRequest {
	req := kmsg.NewPtrProduceRequest()
	req.SetVersion(version)
	req.Acks, req.TimeoutMillis = acks, 1000
	t := kmsg.NewProduceRequestTopic()
	t.Topic, t.TopicID = topic, id
	p := kmsg.NewProduceRequestTopicPartition()
	p.Partition, p.Records = i, records
	t.Partitions = append(t.Partitions, p)
	req.Topics = append(req.Topics, t)
	return req
}

// produce sends a batch to a partition by name and returns the answer.
func (b *broker) produce(topic string, i int32, records []byte) kmsg.ProduceResponseTopicPartition {
	b.t.Helper()
	resp := b.do(produceRequest(9, -1, topic, kafka.TopicID{}, i, records)).(*kmsg.ProduceResponse)
	return resp.Topics[0].Partitions[0]
}

// mustProduce produces values and expects success.
func (b *broker) mustProduce(topic string, i int32, values ...string) {
	b.t.Helper()
	if a := b.produce(topic, i, batch(b.t, nil, values...)); a.ErrorCode != 0 {
		b.t.Fatalf("produce: %v", kafka.ErrorCode(a.ErrorCode))
	}
}

// fetchRequest builds a request for one partition from an offset, without waiting.
func fetchRequest(version int16, topic string, id kafka.TopicID, i int32, offset int64) *kmsg.FetchRequest {
	req := kmsg.NewPtrFetchRequest()
	req.SetVersion(version)
	req.ReplicaID, req.MinBytes, req.MaxBytes = -1, 1, math.MaxInt32
	req.SessionEpoch = -1
	req.Topics = append(req.Topics, fetchTopic(topic, id, i, offset))
	return req
}

func fetchTopic(topic string, id kafka.TopicID, i int32, offset int64) kmsg.FetchRequestTopic {
	t := kmsg.NewFetchRequestTopic()
	t.Topic, t.TopicID = topic, id
	p := kmsg.NewFetchRequestTopicPartition()
	p.Partition, p.FetchOffset, p.PartitionMaxBytes = i, offset, 1<<20
	t.Partitions = append(t.Partitions, p)
	return t
}

// fetchOne sends a fetch for one partition and returns its answer.
func (b *broker) fetchOne(req *kmsg.FetchRequest) kmsg.FetchResponseTopicPartition {
	b.t.Helper()
	resp := b.do(req).(*kmsg.FetchResponse)
	if len(resp.Topics) != 1 || len(resp.Topics[0].Partitions) != 1 {
		b.t.Fatalf("answer names %d topics: %+v", len(resp.Topics), resp)
	}
	return resp.Topics[0].Partitions[0]
}

// values returns the values of fetched records.
func values(t testing.TB, b []byte) []string {
	t.Helper()
	var list []string
	for batch, err := range record.Batches(b) {
		if err != nil {
			t.Fatal(err)
		}
		records, err := batch.Records(math.MaxInt32)
		if err != nil {
			t.Fatal(err)
		}
		var r record.Record
		for records.Next(&r) {
			list = append(list, string(r.Value))
		}
		records.Close()
	}
	return list
}
