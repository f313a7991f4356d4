package group_test

import (
	"encoding/binary"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
	"go.uber.org/goleak"
	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/auth"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
	"github.com/jackdawmq/jackdaw/core/shard/shardtest"
	"github.com/jackdawmq/jackdaw/modules/coordinator/group"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	offsets0 = kafka.TopicPartition{Topic: kafka.ConsumerOffsetsTopic, Partition: 0}
	orders   = kafka.TopicID{1}
	payments = kafka.TopicID{2}
)

// broker is what a coordinator needs around it, in a bubble of virtual time: a log in memory, __consumer_offsets with one
// partition, and the topics orders (4 partitions) and payments (1).
type broker struct {
	t      *testing.T
	log    *shardtest.Log
	image  *metadata.Image
	coord  *group.Coordinator
	router *api.Router
	epoch  kafka.LeaderEpoch
}

func testConfig() group.Config {
	cfg := group.DefaultConfig()
	cfg.InitialRebalanceDelay = 0
	return cfg
}

// run runs f with a broker in a bubble.
func run(t *testing.T, cfg group.Config, f func(b *broker)) {
	t.Helper()
	runAs(t, cfg, auth.AllowAll{}, f)
}

func runAs(t *testing.T, cfg group.Config, a auth.Authorizer, f func(b *broker)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := &broker{t: t, log: &shardtest.Log{}, image: newImage()}
		b.open(cfg, a)
		defer b.close()
		f(b)
	})
}

func newImage() *metadata.Image {
	topics := map[string]*metadata.Topic{
		"orders":                   {Name: "orders", ID: orders, Partitions: make([]metadata.Partition, 4)},
		"payments":                 {Name: "payments", ID: payments, Partitions: make([]metadata.Partition, 1)},
		kafka.ConsumerOffsetsTopic: {Name: kafka.ConsumerOffsetsTopic, ID: kafka.TopicID{9}, Partitions: make([]metadata.Partition, 1)},
	}
	return imageOf(topics)
}

func imageOf(topics map[string]*metadata.Topic) *metadata.Image {
	image := &metadata.Image{Topics: topics, TopicIDs: map[kafka.TopicID]*metadata.Topic{}}
	for _, t := range topics {
		image.TopicIDs[t.ID] = t
	}
	return image
}

func (b *broker) open(cfg group.Config, a auth.Authorizer) {
	b.coord = group.New(cfg, group.Deps{Writer: b.log, Reader: b.log, Authorizer: a, Log: zap.NewNop(), Random: &sequence{}})
	router, err := api.NewRouter(b.coord.Routes()...)
	if err != nil {
		b.t.Fatal(err)
	}
	b.router = router
	b.coord.MetadataChanged(b.image, &metadata.Delta{})
	b.elect()
}

func (b *broker) elect() {
	b.epoch++
	b.coord.Elected(0, b.epoch)
	synctest.Wait()
}

func (b *broker) close() {
	if err := b.coord.Stop(b.t.Context()); err != nil {
		b.t.Errorf("Stop: %v", err)
	}
}

// deleteTopic deletes a topic, and creates it again with another id if again is not zero.
func (b *broker) deleteTopic(name string, again kafka.TopicID) {
	topics := map[string]*metadata.Topic{}
	for n, t := range b.image.Topics {
		topics[n] = t
	}
	deleted := topics[name]
	delete(topics, name)
	b.image = imageOf(topics)
	b.coord.MetadataChanged(b.image, &metadata.Delta{Deleted: []*metadata.Topic{deleted}})
	if again != (kafka.TopicID{}) {
		topics[name] = &metadata.Topic{Name: name, ID: again, Partitions: deleted.Partitions}
		b.image = imageOf(topics)
		b.coord.MetadataChanged(b.image, &metadata.Delta{Topics: []*metadata.Topic{topics[name]}})
	}
	synctest.Wait()
}

// send sends a request through the router as a client does, bytes and all, and returns the decoded response: nil when the
// connection was closed.
func (b *broker) send(clientID string, version int16, req kmsg.Request) kmsg.Response {
	req.SetVersion(version)
	call := &api.Call{Key: req.Key(), Version: version, Body: req.AppendTo(nil), ClientID: clientID,
		Client: api.Client{Principal: auth.Anonymous, Listener: "PLAINTEXT"}, Received: time.Now()}
	call.SetContext(b.t.Context())
	b.router.Serve(call)
	if call.Response.Close {
		return nil
	}
	resp := req.ResponseKind()
	resp.SetVersion(version)
	if err := resp.ReadFrom(call.Response.Body); err != nil {
		b.t.Errorf("response of key %d version %d: %v", req.Key(), version, err)
	}
	return resp
}

// sendMax is send with the newest version.
func (b *broker) sendMax(req kmsg.Request) kmsg.Response {
	return b.send("client", req.MaxVersion(), req)
}

// sequence makes member ids readable: its UUIDs count.
type sequence struct {
	mu sync.Mutex
	n  uint64
}

func (s *sequence) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(p)
	s.n++
	binary.BigEndian.PutUint64(p[len(p)-8:], s.n)
	return len(p), nil
}
