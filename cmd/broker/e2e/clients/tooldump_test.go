package clients_test

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/jackdawmq/jackdaw/cmd/broker/e2e/process"
)

// TestDecodersAgreeWithJava stores records of Kafka's internal topics in topics of ours, sound ones and damaged ones, and compares how
// the two dump-log tools decode them.
func TestDecodersAgreeWithJava(t *testing.T) {
	installed(t, "java/cp.txt")
	b := process.Start(t)
	client, err := kgo.NewClient(kgo.SeedBrokers(b.Addr), kgo.AllowAutoTopicCreation())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := client.ProduceSync(t.Context(), internalRecords(t)...).FirstErr(); err != nil {
		t.Fatal(err)
	}
	b.Stop()
	for topic, decoder := range map[string]string{
		"metadata": "--cluster-metadata-decoder", "remote": "--remote-log-metadata-decoder", "share": "--share-group-state-decoder",
	} {
		file := filepath.Join(b.Dir, topic+"-0", "00000000000000000000.log")
		for _, args := range [][]string{{decoder}, {decoder, "--skip-record-metadata"}} {
			arguments := append([]string{"--files", file}, args...)
			t.Run(strings.Join(args, " "), func(t *testing.T) {
				compareTools(t, java(t, tools+"DumpLogSegments", arguments...), command(t, process.Binary(t), append([]string{"kafka-dump-log"}, arguments...)...))
			})
		}
	}
}

// internalRecords reads what Kafka's classes wrote. Each line of the file begins with the kind of record; the bytes are in hex.
func internalRecords(t *testing.T) []*kgo.Record {
	t.Helper()
	raw, err := os.ReadFile("../../kafkatools/recordschema/testdata/kafka-4.3.1.txt")
	if err != nil {
		t.Fatal(err)
	}
	bytes := func(text string) []byte {
		decoded, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		return decoded
	}
	anyKey := make([]byte, 2+16+4)
	var records []*kgo.Record
	for line := range strings.Lines(string(raw)) {
		words := strings.Split(line, " ") // the bytes may be none
		switch words[0] {
		case "metadata", "damaged":
			records = append(records, &kgo.Record{Topic: "metadata", Value: bytes(words[1])})
		case "remote":
			value := bytes(words[1])
			records = append(records, &kgo.Record{Topic: "remote", Value: value}, &kgo.Record{Topic: "remote", Value: value[:len(value)-3]},
				&kgo.Record{Topic: "remote", Value: append(value, 0, 0)})
		case "share-key", "share-value":
			number, err := strconv.Atoi(words[1])
			if err != nil {
				t.Fatal(err)
			}
			record := &kgo.Record{Topic: "share", Key: append([]byte{0, byte(number)}, anyKey...), Value: append([]byte{0, 0}, bytes(words[3])...)}
			if words[0] == "share-key" {
				record.Key, record.Value = append([]byte{0, byte(number)}, bytes(words[3])...), nil
			}
			records = append(records, record)
		}
	}
	return append(records, &kgo.Record{Topic: "share", Key: []byte{0, 7, 1}}, &kgo.Record{Topic: "remote", Value: []byte{1, 9, 0, 0}})
}
