package handler_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/internal/handler"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
)

// fixedMetadata answers one image.
type fixedMetadata struct {
	metadata.Module
	image metadata.Image
}

func (m *fixedMetadata) Image() *metadata.Image { return &m.image }

// versionsRouter is the router of broker 1 with all handlers and a route of somebody else's.
func versionsRouter(t testing.TB, image metadata.Image) *api.Router {
	t.Helper()
	h := handler.New(handler.Deps{Self: 1, Metadata: &fixedMetadata{image: image}})
	routes := append(h.Routes(), api.Route{Key: 90, Min: 1, Max: 2, Handle: func(*api.Call) {}})
	router, err := api.NewRouter(routes...)
	if err != nil {
		t.Fatal(err)
	}
	h.Serve(router)
	return router
}

func askVersions(t testing.TB, router *api.Router, req *kmsg.ApiVersionsRequest) (*api.Call, *kmsg.ApiVersionsResponse) {
	t.Helper()
	c := call(context.Background(), req)
	router.Serve(c)
	resp := kmsg.NewPtrApiVersionsResponse()
	resp.Version = req.Version
	if err := resp.ReadFrom(c.Response.Body); err != nil {
		t.Fatal(err)
	}
	if rest := resp.AppendTo(nil); !bytes.Equal(rest, c.Response.Body) {
		t.Fatalf("answered %x, read as %x", c.Response.Body, rest)
	}
	if !c.Response.HeaderV0 || c.Response.None || c.Response.Close {
		t.Fatalf("response %+v", c.Response)
	}
	return c, resp
}

func versionsRequest(version int16) *kmsg.ApiVersionsRequest {
	req := kmsg.NewPtrApiVersionsRequest()
	req.Version, req.ClientSoftwareName, req.ClientSoftwareVersion = version, "apache-kafka-java", "4.3.1"
	return req
}

func TestAPIVersionsListsTheRouter(t *testing.T) {
	router := versionsRouter(t, metadata.Image{})
	for version := range int16(6) {
		c, resp := askVersions(t, router, versionsRequest(version))
		if resp.ErrorCode != 0 {
			t.Fatalf("version %d: error %s", version, kafka.ErrorCode(resp.ErrorCode))
		}
		listed := map[int16]kmsg.ApiVersionsResponseApiKey{}
		last := int16(-1)
		for _, k := range resp.ApiKeys {
			if k.ApiKey <= last {
				t.Errorf("key %d follows %d", k.ApiKey, last)
			}
			last = k.ApiKey
			listed[k.ApiKey] = k
		}
		router.Each(func(r *api.Route) {
			k, ok := listed[r.Key]
			least := r.Min
			if r.Key == 0 { // KAFKA-18659
				least = 0
			}
			if !ok || k.MinVersion != least || k.MaxVersion != r.Max {
				t.Errorf("key %d is listed as %+v", r.Key, k)
			}
		})
		if version >= 3 && c.Connection.SoftwareName != "apache-kafka-java" {
			t.Errorf("remembered %+v", c.Connection)
		}
	}
}

func TestAPIVersionsOfUnknownVersions(t *testing.T) {
	router := versionsRouter(t, metadata.Image{})
	for _, version := range []int16{-1, 6, 99} {
		c := &api.Call{Key: 18, Version: version, Body: []byte("anything"), Connection: &api.Connection{}}
		router.Serve(c)
		// UNSUPPORTED_VERSION and key 18 with 0-5, in version 0, as Apache Kafka answers.
		if got := hex.EncodeToString(c.Response.Body); got != "0023"+"00000001"+"001200000005" || !c.Response.HeaderV0 || c.Response.Close {
			t.Errorf("version %d: %s, %+v", version, got, c.Response)
		}
	}
}

func TestAPIVersionsRefusesBadSoftwareNames(t *testing.T) {
	router := versionsRouter(t, metadata.Image{})
	for _, tc := range []struct {
		name, version string
		ok            bool
	}{
		{"a", "1", true}, {"librdkafka", "2.6.0", true}, {"a.b-c", "0-1.x", true},
		{"a b", "1", false}, {"-a", "1", false}, {"a-", "1", false}, {"1_0", "1", false}, {"", "1", false}, {"a", "", false},
		{"a", ".1", false}, {"a", "ü", false},
	} {
		req := versionsRequest(3)
		req.ClientSoftwareName, req.ClientSoftwareVersion = tc.name, tc.version
		_, resp := askVersions(t, router, req)
		want := kafka.NoError
		if !tc.ok {
			want = kafka.InvalidRequest
		}
		if kafka.ErrorCode(resp.ErrorCode) != want || (len(resp.ApiKeys) > 0) != tc.ok {
			t.Errorf("%q %q: %s with %d keys", tc.name, tc.version, kafka.ErrorCode(resp.ErrorCode), len(resp.ApiKeys))
		}
	}
}

func TestAPIVersionsChecksWhichBrokerIsMeant(t *testing.T) {
	router := versionsRouter(t, metadata.Image{ClusterID: "this"})
	this, other := "this", "other"
	for _, tc := range []struct {
		cluster *string
		node    int32
		want    kafka.ErrorCode
	}{
		{nil, -1, kafka.NoError},
		{&this, 1, kafka.NoError},
		{&other, 1, kafka.RebootstrapRequired},
		{&this, 2, kafka.RebootstrapRequired},
		{&this, -1, kafka.InvalidRequest},
		{nil, 1, kafka.InvalidRequest},
	} {
		req := versionsRequest(5)
		req.ClusterID, req.NodeID = tc.cluster, tc.node
		if _, resp := askVersions(t, router, req); kafka.ErrorCode(resp.ErrorCode) != tc.want {
			t.Errorf("%+v: %s", tc, kafka.ErrorCode(resp.ErrorCode))
		}
	}
}

func TestAPIVersionsListsFeaturesInForce(t *testing.T) {
	router := versionsRouter(t, metadata.Image{Offset: 42, Features: map[string]int16{"group.version": 1, "metadata.version": 29}})
	for version := int16(3); version <= 5; version++ {
		_, resp := askVersions(t, router, versionsRequest(version))
		if resp.FinalizedFeaturesEpoch != 42 || len(resp.FinalizedFeatures) != 2 ||
			resp.FinalizedFeatures[0].Name != "group.version" || resp.FinalizedFeatures[1].MaxVersionLevel != 29 {
			t.Errorf("version %d: finalized %+v", version, resp.FinalizedFeatures)
		}
		supported := 2
		if version == 3 { // a lowest level of 0 confuses clients of that version
			supported = 1
		}
		if len(resp.SupportedFeatures) != supported {
			t.Errorf("version %d: supported %+v", version, resp.SupportedFeatures)
		}
	}
}

func TestAPIVersionsThatDoesNotDecodeClosesTheConnection(t *testing.T) {
	c := &api.Call{Key: 18, Version: 3, Body: []byte{0x20}, Connection: &api.Connection{}}
	versionsRouter(t, metadata.Image{}).Serve(c)
	if !c.Response.None || !c.Response.Close {
		t.Errorf("response %+v", c.Response)
	}
}
