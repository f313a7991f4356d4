package refusal_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/cmd/broker/refusal"
)

// cluster answers the Produce requests for the topic "t" as told.
func cluster(t *testing.T, answer func(*kmsg.ProduceResponseTopicPartition), opts ...kfake.Opt) (addr string) {
	t.Helper()
	c, err := kfake.NewCluster(append(opts, kfake.NumBrokers(1), kfake.SeedTopics(2, "t"))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	c.ControlKey(int16(kmsg.Produce), func(r kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		request := r.(*kmsg.ProduceRequest)
		response := request.ResponseKind().(*kmsg.ProduceResponse)
		for _, topic := range request.Topics {
			answered := kmsg.ProduceResponseTopic{Topic: topic.Topic, TopicID: topic.TopicID}
			for _, p := range topic.Partitions {
				a := kmsg.NewProduceResponseTopicPartition()
				a.Partition = p.Partition
				answer(&a)
				answered.Partitions = append(answered.Partitions, a)
			}
			response.Topics = append(response.Topics, answered)
		}
		return response, nil, true
	})
	return c.ListenAddrs()[0]
}

// client keeps a log of its refusals.
func client(t *testing.T, addr string, log *refusal.Log, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	opts = append(opts, kgo.SeedBrokers(addr), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.MetadataMinAge(10*time.Millisecond))
	like, err := kgo.NewClient(opts...)
	if err != nil {
		t.Fatal(err)
	}
	defer like.Close()
	c, err := kgo.NewClient(append(opts, log.Options(like)...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func refuse(code int16, message string, records ...string) func(*kmsg.ProduceResponseTopicPartition) {
	return func(a *kmsg.ProduceResponseTopicPartition) {
		a.ErrorCode = code
		if message != "" {
			a.ErrorMessage = &message
		}
		for i := range records {
			a.ErrorRecords = append(a.ErrorRecords, kmsg.ProduceResponseTopicPartitionErrorRecord{RelativeOffset: int32(2 * i), ErrorMessage: &records[i]})
		}
	}
}

func TestRefusalsAreLogged(t *testing.T) {
	f := func(answer func(*kmsg.ProduceResponseTopicPartition), failure error, want refusal.Refusal) {
		t.Helper()
		var log refusal.Log
		c := client(t, cluster(t, answer), &log)
		err := c.ProduceSync(t.Context(), &kgo.Record{Topic: "t", Partition: 1}).FirstErr()
		got, ok := log.Of(1, want.Code)
		if !errors.Is(err, failure) || ok != (want.Partition == 1) || !reflect.DeepEqual(got, want) {
			t.Errorf("%v: %+v, want %+v", err, got, want)
		}
		if latest, ok := log.Latest(); ok != (want.Message != "") || ok && latest.Message != want.Message {
			t.Errorf("the latest is %+v", latest)
		}
	}
	invalid := kerr.InvalidRecord.Code
	f(refuse(invalid, "no", "first", "third"), kerr.InvalidRecord, refusal.Refusal{1, invalid, "no", []refusal.Record{{0, "first"}, {2, "third"}}})
	f(refuse(invalid, "", "first"), kerr.InvalidRecord, refusal.Refusal{1, invalid, "", []refusal.Record{{0, "first"}}})
	f(refuse(invalid, strings.Repeat("long ", 20_000)), kerr.InvalidRecord, refusal.Refusal{Partition: 1, Code: invalid, Message: strings.Repeat("long ", 20_000)})
	f(refuse(invalid, ""), kerr.InvalidRecord, refusal.Refusal{})
	f(refuse(0, ""), nil, refusal.Refusal{})
}

// TestRefusalsThatAreRetried: the client says nothing as long as it tries again; the log knows what it was told last.
func TestRefusalsThatAreRetried(t *testing.T) {
	var log refusal.Log
	answers := []string{"not yet", "still not", ""}
	addr := cluster(t, func(a *kmsg.ProduceResponseTopicPartition) {
		if message := answers[0]; message != "" {
			refuse(kerr.NotEnoughReplicas.Code, message)(a)
		}
		answers = answers[1:]
	})
	if err := client(t, addr, &log).ProduceSync(t.Context(), &kgo.Record{Topic: "t"}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	if latest, ok := log.Latest(); !ok || latest.Message != "still not" {
		t.Errorf("the latest is %+v", latest)
	}
	if r, ok := log.Of(0, kerr.NotEnoughReplicas.Code); !ok || r.Message != "still not" {
		t.Errorf("the reason is %+v", r)
	}
}

func TestRefusalsOverTLS(t *testing.T) {
	server := httptest.NewTLSServer(nil) // for its certificate
	defer server.Close()
	trusting := server.Client().Transport.(*http.Transport).TLSClientConfig
	var log refusal.Log
	addr := cluster(t, refuse(kerr.InvalidRecord.Code, "no"), kfake.TLS(server.TLS))
	err := client(t, addr, &log, kgo.DialTLSConfig(trusting)).ProduceSync(t.Context(), &kgo.Record{Topic: "t"}).FirstErr()
	if r, ok := log.Of(0, kerr.InvalidRecord.Code); !errors.Is(err, kerr.InvalidRecord) || !ok || r.Message != "no" {
		t.Errorf("%v: %+v", err, r)
	}
}

// stream is a connection that answers what it is told, a few bytes at a time.
type stream struct {
	net.Conn
	io.Reader
}

func (s stream) Read(b []byte) (int, error)  { return s.Reader.Read(b) }
func (s stream) Write(b []byte) (int, error) { return len(b), nil }

// frame is a request or a response with its size.
func frame(b []byte) []byte { return append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...) }

// response is a response to a request with a correlation id.
func response(version int16, correlation uint32, message string) []byte {
	r := kmsg.NewPtrProduceResponse()
	r.SetVersion(version)
	a := kmsg.NewProduceResponseTopicPartition()
	refuse(kerr.InvalidRecord.Code, message)(&a)
	r.Topics = []kmsg.ProduceResponseTopic{{Topic: "t", Partitions: []kmsg.ProduceResponseTopicPartition{a}}}
	head := binary.BigEndian.AppendUint32(nil, correlation)
	if r.IsFlexible() {
		head = append(head, 0)
	}
	return frame(r.AppendTo(head))
}

func request(key, version int16, correlation uint32) []byte {
	b := binary.BigEndian.AppendUint16(nil, uint16(key))
	b = binary.BigEndian.AppendUint16(b, uint16(version))
	return frame(binary.BigEndian.AppendUint32(b, correlation))
}

// TestStreams cuts the stream in every way, with responses that are not for Produce and some that lie.
func TestStreams(t *testing.T) {
	f := func(want string, requests, responses []byte) {
		t.Helper()
		for _, read := range []func(io.Reader) io.Reader{iotest.OneByteReader, iotest.HalfReader, iotest.DataErrReader} {
			var log refusal.Log
			conn := log.Watch(stream{Reader: read(bytes.NewReader(responses))})
			for rest := requests; len(rest) > 0; {
				n := 4 + int(binary.BigEndian.Uint32(rest))
				if _, err := conn.Write(rest[:n]); err != nil {
					t.Fatal(err)
				}
				rest = rest[n:]
			}
			if got, err := io.ReadAll(conn); err != nil || !bytes.Equal(got, responses) {
				t.Errorf("the client reads %q, %v", got, err)
			}
			if latest, _ := log.Latest(); latest.Message != want {
				t.Errorf("the log holds %q, want %q", latest.Message, want)
			}
		}
	}
	f("one", request(0, 9, 1), response(9, 1, "one"))
	f("two", slices.Concat(request(0, 8, 1), request(3, 9, 2), request(0, 13, 3)),
		slices.Concat(response(8, 1, "one"), response(9, 2, "this is no Produce response"), response(13, 3, "two")))
	f("", request(3, 9, 1), response(9, 1, "this is no Produce response"))
	f("", request(0, 9, 1), response(9, 7, "nobody asked"))
	f("", request(0, 9, 1), frame([]byte{0, 0, 0, 1}))                               // no body
	f("", request(0, 9, 1), frame([]byte{0, 0, 0, 1, 0, 0xff, 0xff, 0xff, 0xff, 1})) // a list of four billion
	f("", request(0, 9, 1), []byte{0, 0, 0, 1, 0, 0, 0, 1})                          // a size below the header's
	f("", request(0, 9, 1), []byte{0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 1, 0})           // two gigabytes are announced
}
