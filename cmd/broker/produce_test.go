package main

import (
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// refusing is a cluster that writes no batch for the topic "t", and says what it is told to.
func refusing(t *testing.T, code *kerr.Error, message string, records map[int32]string) (addr string) {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "t"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	cluster.ControlKey(int16(kmsg.Produce), func(r kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		topic := r.(*kmsg.ProduceRequest).Topics[0]
		a := kmsg.NewProduceResponseTopicPartition()
		a.Partition, a.ErrorCode = topic.Partitions[0].Partition, code.Code
		if message != "" {
			a.ErrorMessage = &message
		}
		for i := range int32(100) {
			if why, ok := records[i]; ok {
				a.ErrorRecords = append(a.ErrorRecords, kmsg.ProduceResponseTopicPartitionErrorRecord{RelativeOffset: i, ErrorMessage: &why})
			}
		}
		response := r.ResponseKind().(*kmsg.ProduceResponse)
		response.Topics = []kmsg.ProduceResponseTopic{{Topic: topic.Topic, TopicID: topic.TopicID, Partitions: []kmsg.ProduceResponseTopicPartition{a}}}
		return response, nil, true
	})
	return cluster.ListenAddrs()[0]
}

// TestProduceTellsWhy: what the broker says of a refused batch, with the lines that it means.
func TestProduceTellsWhy(t *testing.T) {
	f := func(addr, stdin, want string, args ...string) {
		t.Helper()
		got := cli(t, stdin, append([]string{"-b", addr, "produce", "t"}, args...)...)
		if got.code != exitFailed || got.stderr != want {
			t.Errorf("exit %d: %q, want %q", got.code, got.stderr, want)
		}
	}
	f(refusing(t, kerr.InvalidRecord, "plugin p@0123: no b (record 1 of the batch; 2 of 3 are rejected)", map[int32]string{1: "no b", 2: "no c"}), "a\nb\nc\n",
		"broker: 3 records were not written to topic t, the first because: plugin p@0123: no b (record 1 of the batch; 2 of 3 are rejected) (INVALID_RECORD)\n"+
			"  line 2, b: no b\n  line 3, c: no c\n")
	f(refusing(t, kerr.InvalidRecord, "plugin p@0123: no", map[int32]string{0: "no"}), `{"value": {"n": 1}}`+"\n",
		"broker: 1 record was not written to topic t, the first because: plugin p@0123: no (INVALID_RECORD)\n  line 1, {\"n\": 1}: no\n", "--input", "json")
	f(refusing(t, kerr.PolicyViolation, "because", nil), "a\n",
		"broker: 1 record was not written to topic t, the first because: because (POLICY_VIOLATION)\n")
	f(refusing(t, kerr.InvalidRecord, "", nil), "a\n",
		"broker: 1 record was not written to topic t, the first because: INVALID_RECORD: "+kerr.InvalidRecord.Description+"\n")
	f(refusing(t, kerr.NotEnoughReplicas, "plugin p@0123: trap: it broke", nil), "a\n",
		"broker: topic t: plugin p@0123: trap: it broke (NOT_ENOUGH_REPLICAS, tried again until now)\n", "--timeout", "300ms")

	all := map[int32]string{}
	for i := range int32(20) {
		all[i] = "no"
	}
	got := cli(t, strings.Repeat("a\n", 20), "-b", refusing(t, kerr.InvalidRecord, "no", all), "produce", "t")
	if !strings.Contains(got.stderr, "  line 10, a: no\n  and 10 more\n") || strings.Contains(got.stderr, "line 11") {
		t.Errorf("of many: %s", got.stderr)
	}
}
