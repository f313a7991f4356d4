package recordschema_test

import (
	"encoding/hex"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/jackdawmq/jackdaw/cmd/broker/kafkatools/recordschema"
)

// references are records that Apache Kafka 4.3.1's own classes wrote, beside the JSON that its converters gave for them: every type
// in every version, unset and with random values, and damaged ones with Kafka's complaint.
func references(tb testing.TB) []string {
	tb.Helper()
	raw, err := os.ReadFile("testdata/kafka-4.3.1.txt")
	if err != nil {
		tb.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(raw)), "\n")
}

func newDecoder(tb testing.TB) *recordschema.Decoder {
	tb.Helper()
	d, err := recordschema.New()
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

func TestKafkasRecords(t *testing.T) {
	d := newDecoder(t)
	for _, line := range references(t) {
		table, rest, _ := strings.Cut(line, " ")
		switch table {
		case "metadata", "damaged":
			encoded, want, _ := strings.Cut(rest, " ")
			got, err := d.Metadata(decode(t, encoded))
			if table == "damaged" {
				if err == nil || err.Error() != want {
					t.Errorf("%s\n got %v\nwant %s", encoded, err, want)
				}
			} else if err != nil || got != want {
				t.Errorf("%s: %v\n got %s\nwant %s", encoded, err, got, want)
			}
		case "remote":
			encoded, want, _ := strings.Cut(rest, " ")
			if got, err := d.Remote(decode(t, encoded)); err != nil || got != want {
				t.Errorf("%s: %v\n got %s\nwant %s", encoded, err, got, want)
			}
		default:
			testNumbered(t, d, table, rest)
		}
	}
}

// testNumbered checks a line "NUMBER VERSION HEX JSON".
func testNumbered(t *testing.T, d *recordschema.Decoder, table, line string) {
	t.Helper()
	words := strings.SplitN(line, " ", 4)
	number, err := strconv.ParseInt(words[0], 10, 16)
	if err != nil {
		t.Fatal(err)
	}
	raw, got := decode(t, words[2]), ""
	anyKey := make([]byte, 2+16+4)
	switch table {
	case "control":
		text, ok := d.Control(int16(number), raw)
		if !ok {
			t.Errorf("%s: not decoded", line)
		}
		_, got, _ = strings.Cut(text, " ")
	case "share-key":
		key, _, known, err := d.ShareGroup(int16(number), 0, raw, nil)
		if !known || err != nil {
			t.Errorf("%s: %v", line, err)
		}
		got = string(key)
	case "share-value":
		_, value, known, err := d.ShareGroup(int16(number), 0, anyKey, raw)
		if !known || err != nil {
			t.Errorf("%s: %v", line, err)
		}
		got = string(value)
	default:
		t.Fatalf("no table %s", table)
	}
	if got != words[3] {
		t.Errorf("%s %s\n got %s\nwant %s", table, words[2], got, words[3])
	}
}

func decode(tb testing.TB, text string) []byte {
	tb.Helper()
	raw, err := hex.DecodeString(text)
	if err != nil {
		tb.Fatal(err)
	}
	return raw
}

func FuzzRecords(f *testing.F) {
	d := newDecoder(f)
	for _, line := range references(f) {
		words := strings.Split(line, " ")
		for _, word := range words[1:min(4, len(words))] {
			if raw, err := hex.DecodeString(word); err == nil && len(raw) > 1 {
				f.Add(int16(3), raw)
				break
			}
		}
	}
	f.Fuzz(func(t *testing.T, kind int16, raw []byte) {
		if text, err := d.Metadata(raw); err == nil && !strings.HasPrefix(text, `{"type":`) {
			t.Errorf("%x: %s", raw, text)
		}
		_, _ = d.Control(kind, raw)
		_, _ = d.Remote(raw)
		_, _, _, _ = d.ShareGroup(kind&1, 0, raw, raw)
	})
}
