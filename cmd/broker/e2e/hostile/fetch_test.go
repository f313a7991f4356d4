package hostile_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// fillVictim writes about n bytes to partition 0 of the topic.
func (tg *target) fillVictim(n int) {
	tg.t.Helper()
	tg.createVictim()
	w := tg.connect()
	r := kmsg.NewRecord()
	r.Value = make([]byte, 900<<10)
	for i := range r.Value {
		r.Value[i] = byte(i)
	}
	body := r.AppendTo(nil)[1:]
	r.Length = int32(len(body))
	b := newBatch()
	b.Records = r.AppendTo(nil)
	raw := encode(b)
	for sent := 0; sent < n; sent += len(raw) {
		if code, gone := tg.produceRaw(w, raw); code != 0 || gone {
			tg.t.Fatalf("produce: error code %d, closed %t", code, gone)
		}
	}
}

// everyPartition returns a Fetch of n partitions with the largest limits that there are.
func everyPartition(version int16, topic string, n int, waitMillis int32) *kmsg.FetchRequest {
	req := fetchRequest(topic, 0, waitMillis, 1)
	req.SetVersion(version)
	req.MaxBytes, req.MinBytes = math.MaxInt32, math.MaxInt32
	p := req.Topics[0].Partitions[0]
	p.PartitionMaxBytes = math.MaxInt32
	req.Topics[0].Partitions = make([]kmsg.FetchRequestTopicPartition, n)
	for i := range req.Topics[0].Partitions {
		p.Partition = int32(i)
		req.Topics[0].Partitions[i] = p
	}
	return req
}

// Fetches of everything, with huge limits, by readers that never drain their socket.
func TestReadersThatNeverDrain(t *testing.T) {
	tg := attack(t)
	tg.fillVictim(scale(20<<20, 100<<20))
	tg.flood(scale(50, 500), func(w *wire, _ int) []byte {
		var b []byte
		for range 5 {
			b = append(b, w.frame(everyPartition(12, victimTopic, 2, 0))...)
		}
		return b
	})
}

// The same for answers that are made in memory: what a client asks for in a few bytes again and again and never reads.
func TestAnswersThatNobodyReads(t *testing.T) {
	tg := attack(t)
	tg.createVictim()
	tg.createTopic("wide", int32(scale(1000, 4000)))
	for name, req := range map[string]kmsg.Request{
		"Metadata": allTopics(), "DescribeConfigs": describeBroker(500), "DescribeLogDirs": logDirs(), "ApiVersions": apiVersions(3),
	} {
		t.Run(name, func(t *testing.T) {
			tg.flood(scale(40, 300), func(w *wire, _ int) []byte {
				var b []byte
				for range 10 {
					b = append(b, w.frame(req)...)
				}
				return b
			})
		})
	}
}

func allTopics() kmsg.Request {
	req := kmsg.NewPtrMetadataRequest()
	req.SetVersion(12)
	return req
}

func logDirs() kmsg.Request {
	req := kmsg.NewPtrDescribeLogDirsRequest()
	req.SetVersion(4)
	return req
}

// describeBroker asks n times for all configs of the broker, with their documentation.
func describeBroker(n int) kmsg.Request {
	req := kmsg.NewPtrDescribeConfigsRequest()
	req.SetVersion(4)
	req.IncludeDocumentation, req.IncludeSynonyms = true, true
	for range n {
		r := kmsg.NewDescribeConfigsRequestResource()
		r.ResourceType, r.ResourceName = kmsg.ConfigResourceTypeBroker, "1"
		req.Resources = append(req.Resources, r)
	}
	return req
}

// Sessions of partitions that are not there, under names as long as they can be.
func TestManyFetchSessions(t *testing.T) {
	tg := attack(t)
	tg.createVictim()
	w := tg.connect()
	for i := range scale(300, 2000) {
		req := everyPartition(12, victimTopic, 1000, 0)
		req.SessionEpoch = 0
		if i%3 == 0 {
			req.Topics[0].Topic = fmt.Sprintf("%d%s", i, strings.Repeat("n", math.MaxInt16-10))
		}
		w.send(w.frame(req))
		end, b, err := w.receive(hang)
		switch {
		case err != nil || end == silent:
			t.Fatalf("session %d: %v, %v", i, end, err)
		case end == closed:
			w = tg.connect()
		default:
			if _, err := decode(req, w.correlation, b); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// One topic name for a very long list of partitions.
func TestFetchOfHugePartitionLists(t *testing.T) {
	tg := attack(t)
	tg.createVictim()
	for _, version := range []int16{4, 7, 11, 12} {
		for _, n := range []int{1000, 65_536, 65_537, 200_000} {
			req := everyPartition(version, victimTopic, n, 0)
			w := tg.connect()
			w.send(w.frame(req))
			if end, _, err := w.receive(hang); err != nil || end == silent {
				t.Errorf("%d partitions: %v, %v", n, end, err)
			}
			_ = w.Close()
		}
	}
}

// Long polls that nobody waits for any more.
func TestManyLongPolls(t *testing.T) {
	tg := attack(t)
	tg.createVictim()
	conns := tg.flood(scale(200, 2000), func(w *wire, _ int) []byte {
		return w.frame(everyPartition(11, victimTopic, 50, math.MaxInt32))
	})
	for _, w := range conns {
		_ = w.Close()
	}
}
