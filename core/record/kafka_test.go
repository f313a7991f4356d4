package record_test

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/record"
)

// TestValidateLikeKafka repeats Produce requests that were given to Kafka's own validator, and expects its answers to the
// letter and its bytes.
func TestValidateLikeKafka(t *testing.T) {
	file, err := os.Open("testdata/kafka-4.3.1.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	cases := 0
	for number := 1; lines.Scan(); number++ {
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		request, want, _ := strings.Cut(lines.Text(), " > ")
		o, b, err := parseRequest(request)
		if err != nil {
			t.Fatalf("line %d: %v", number, err)
		}
		if got := answer(t, b, o); got != want {
			t.Errorf("line %d: answer is\n%s, Kafka's was\n%s", number, got, want)
		}
		cases++
	}
	if lines.Err() != nil || cases < 300 {
		t.Errorf("%d cases, %v", cases, lines.Err())
	}
}

func parseRequest(line string) (*record.ValidateOptions, []byte, error) {
	o := options(nil)
	var policy, timestampType, codec, records string
	if _, err := fmt.Sscan(line, &policy, &timestampType, &o.TimestampBefore, &o.TimestampAfter, &codec, &o.MaxMessageBytes, &records); err != nil {
		return nil, nil, err
	}
	o.Compacted = policy == "compact"
	if timestampType == "LogAppendTime" {
		o.TimestampType = record.LogAppendTime
	}
	o.Codec, _ = record.ParseCodec(codec)
	b, err := hex.DecodeString(strings.TrimPrefix(records, "-"))
	return o, b, err
}

// answer validates and prints what came out as the file has it.
func answer(t *testing.T, b []byte, o *record.ValidateOptions) string {
	result, err := record.Validate(b, o, testTime)
	if err != nil {
		text := kafka.CodeOf(err).String()
		if message := kafka.MessageOf(err); message != nil && len(result.RecordErrors) > 0 {
			var errors []string
			for _, e := range result.RecordErrors {
				errors = append(errors, fmt.Sprintf("%d:%s", e.BatchIndex, e.Message))
			}
			text += " " + *message + " [" + strings.Join(errors, ", ") + "]"
		}
		return text
	}
	h := result.Header
	if !result.Rebuilt || h.Codec() == record.None {
		result.Batch.SetLeaderEpoch(kafka.NoEpoch)
		return "OK " + hex.EncodeToString(result.Batch)
	}
	timestampType := 0
	if h.IsLogAppendTime() {
		timestampType = 1
	}
	text := fmt.Sprintf("OK %d %d %d %d %d %v %d %d ", h.MaxTimestamp, h.LastOffset(), h.Count, h.ProducerID, h.BaseSequence,
		h.IsTransactional(), h.Codec(), timestampType)
	for r, offset := range offsets(t, result.Batch) {
		text += fmt.Sprintf("%d,%d,%d,%d;", offset, h.RecordTimestamp(&r), fieldLength(r.Key), fieldLength(r.Value))
	}
	return text
}

// fieldLength is -1 for null.
func fieldLength(b []byte) int {
	if b == nil {
		return -1
	}
	return len(b)
}
