package handler_test

import (
	"context"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"
	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/auth"
	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/core/coordinator"
	"github.com/jackdawmq/jackdaw/core/internal/handler"
	"github.com/jackdawmq/jackdaw/core/internal/partition"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
	"github.com/jackdawmq/jackdaw/modules/metadata/file"
)

// cluster is a broker's handlers over real metadata, without a data path.
type cluster struct {
	t        testing.TB
	metadata *file.Controller
	router   *api.Router
	deny     func(op auth.Operation, t auth.ResourceType, name string) bool
	listener string
}

// Allowed makes the cluster its own authorizer.
func (c *cluster) Allowed(_ auth.Principal, _ string, op auth.Operation, t auth.ResourceType, name string) bool {
	return c.deny == nil || !c.deny(op, t, name)
}

func (c *cluster) Enabled() bool { return c.deny != nil }

// newCluster starts broker 1 with the given static settings and coordinators.
func newCluster(t testing.TB, static map[string]string, coordinators ...coordinator.Coordinator) *cluster {
	t.Helper()
	configs := config.NewResolver(static)
	c := &cluster{t: t, listener: "PLAINTEXT"}
	c.metadata = file.New(file.Settings{Configs: configs, Log: zap.NewNop()})
	router, err := api.NewRouter(handler.New(handler.Deps{
		Self: 1, Metadata: c.metadata, Configs: configs, Authorizer: c, Coordinators: coordinators,
		Partitions: partition.New(partition.Settings{Self: 1}), Log: zap.NewNop(),
	}).Routes()...)
	if err != nil {
		t.Fatal(err)
	}
	c.router = router
	err = c.metadata.Start(t.Context(), metadata.Registration{
		ID: 1, ClusterID: "AAAAAAAAQACAAAAAAAAAAg", Endpoints: []metadata.Endpoint{
			{Listener: "PLAINTEXT", Protocol: "PLAINTEXT", Host: "inside", Port: 9092},
			{Listener: "EXTERNAL", Protocol: "PLAINTEXT", Host: "outside", Port: 19092},
		}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// ask sends a request through the router and decodes the answer, which must fill the response exactly.
func ask[R kmsg.Response](c *cluster, version int16, req kmsg.Request) R {
	c.t.Helper()
	req.SetVersion(version)
	sent := call(context.Background(), req)
	sent.Client.Listener = c.listener
	c.router.Serve(sent)
	if sent.Response.None || sent.Response.Close {
		c.t.Fatalf("key %d version %d is not answered", req.Key(), version)
	}
	resp := req.ResponseKind().(R)
	resp.SetVersion(version)
	if err := resp.ReadFrom(sent.Response.Body); err != nil {
		c.t.Fatalf("response of key %d version %d: %v", req.Key(), version, err)
	}
	return resp
}

// create makes topics with one partition and Kafka's defaults.
func (c *cluster) create(names ...string) {
	c.t.Helper()
	for _, name := range names {
		r := c.metadata.CreateTopics(context.Background(), []metadata.NewTopic{{Name: name, Partitions: 1, Replicas: -1}}, false)
		if r[0].Err != nil {
			c.t.Fatal(r[0].Err)
		}
	}
}

func (c *cluster) topicID(name string) kafka.TopicID { return c.metadata.Image().Topics[name].ID }

// wantError compares an error code and message; "" stands for no or an empty message.
func wantError(t testing.TB, what string, code int16, message *string, wantCode kafka.ErrorCode, want string) {
	t.Helper()
	got := ""
	if message != nil {
		got = *message
	}
	if kafka.ErrorCode(code) != wantCode || got != want {
		t.Errorf("%s:\n got %s %q\nwant %s %q", what, kafka.ErrorCode(code), got, wantCode, want)
	}
}

// fakeCoordinator is a coordinator with an internal topic and nothing else.
type fakeCoordinator struct {
	coordinator.Coordinator
	typ   coordinator.Type
	topic metadata.NewTopic
}

func (f fakeCoordinator) Type() coordinator.Type   { return f.typ }
func (f fakeCoordinator) Topic() metadata.NewTopic { return f.topic }

func groupCoordinator() fakeCoordinator {
	return fakeCoordinator{typ: coordinator.Group,
		topic: metadata.NewTopic{Name: kafka.ConsumerOffsetsTopic, Partitions: 50, Replicas: 3}}
}

// TestEveryVersionIsAnswered sends the emptiest request of every version that the routes list.
func TestEveryVersionIsAnswered(t *testing.T) {
	c := newCluster(t, nil, groupCoordinator())
	c.create("t")
	// The ranges of Apache Kafka 4.4: clients use the bottom and the top of every one.
	keys := map[int16][2]int16{3: {0, 13}, 10: {0, 6}, 17: {0, 1}, 19: {2, 7}, 20: {1, 6}, 29: {1, 3}, 30: {1, 3}, 31: {1, 3},
		32: {1, 4}, 33: {0, 2}, 36: {0, 2}, 37: {0, 3}, 43: {0, 2}, 44: {0, 1}, 46: {0, 0}, 60: {0, 2}, 65: {0, 0}, 66: {0, 2},
		74: {0, 1}, 75: {0, 0}}
	for key, versions := range keys {
		route, _ := c.router.Lookup(key, 0)
		if route == nil || route.Min != versions[0] || route.Max != versions[1] || route.AdvertisesZero {
			t.Errorf("key %d: route %+v, want versions %v", key, route, versions)
			continue
		}
		for version := route.Min; version <= route.Max; version++ {
			ask[kmsg.Response](c, version, kmsg.RequestForKey(key))
		}
	}
}

// TestEmptyBodies feeds every handler what does not decode: the connection is closed, nothing else happens.
func TestEmptyBodies(t *testing.T) {
	c := newCluster(t, nil)
	for _, key := range []int16{3, 10, 19, 20, 32, 37, 44, 75} {
		route, _ := c.router.Lookup(key, 0)
		sent := &api.Call{Key: key, Version: route.Max}
		c.router.Serve(sent)
		if !sent.Response.None || !sent.Response.Close {
			t.Errorf("key %d: an empty body is answered", key)
		}
	}
}

// TestTooLong sends lists that are within the frame limit but would take gigabytes of memory.
func TestTooLong(t *testing.T) {
	c := newCluster(t, nil, groupCoordinator())
	req := kmsg.NewPtrFindCoordinatorRequest()
	req.SetVersion(6)
	req.CoordinatorKeys = make([]string, 9<<20)
	sent := call(t.Context(), req)
	c.router.Serve(sent)
	if !sent.Response.None || !sent.Response.Close {
		t.Errorf("a request of %d bytes is answered", len(sent.Body))
	}

	describe := kmsg.NewPtrDescribeConfigsRequest()
	for range 3000 {
		describe.Resources = append(describe.Resources, kmsg.DescribeConfigsRequestResource{ResourceType: brokerType, ResourceName: "1"})
	}
	if resp := ask[*kmsg.DescribeConfigsResponse](c, 4, describe); len(resp.Resources) != 1 {
		t.Errorf("the same resource is described %d times", len(resp.Resources))
	}
}

// FuzzAdministration feeds any body to the handlers of topics, configs and look-ups: each answers what its own version
// decodes, or closes the connection.
func FuzzAdministration(f *testing.F) {
	keys := []int16{3, 10, 17, 19, 20, 29, 30, 31, 32, 33, 36, 37, 43, 44, 46, 60, 65, 66, 74, 75}
	c := newCluster(f, nil, groupCoordinator())
	c.create("t")
	for i, key := range keys {
		req := kmsg.RequestForKey(key)
		req.SetVersion(req.MaxVersion())
		f.Add(uint8(i), req.MaxVersion(), req.AppendTo(nil))
	}
	named := metadataRequest("t", "new")
	named.SetVersion(12)
	f.Add(uint8(0), int16(12), named.AppendTo(nil))
	altered := incremental(topicType, "t", alteration{key: "cleanup.policy", value: "compact", op: 2})
	altered.SetVersion(1)
	f.Add(uint8(13), int16(1), altered.AppendTo(nil))
	f.Fuzz(func(t *testing.T, i uint8, version int16, body []byte) {
		sent := &api.Call{Key: keys[int(i)%len(keys)], Version: version, Body: body}
		sent.Client.Listener = "PLAINTEXT"
		c.router.Serve(sent)
		if sent.Response.None {
			return
		}
		req := kmsg.RequestForKey(sent.Key)
		req.SetVersion(version)
		resp := req.ResponseKind()
		if err := resp.ReadFrom(sent.Response.Body); err != nil {
			t.Fatalf("key %d version %d: %v", sent.Key, version, err)
		}
	})
}
