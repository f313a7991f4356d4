package hostile_test

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
)

const valueSlot = "jackdaw.value.serializer"

// judgedTopics are topics with a plugin bound, and what it is: a native validator, one in WebAssembly in each of its ways to
// refuse, and a transform.
var judgedTopics = map[string][]string{
	"native":       {valueSlot, "json@1"},
	"wasm":         {valueSlot, "json-schema@1", valueSlot + ".config", `{"type": "object"}`},
	"skipping":     {valueSlot, "json-schema@1", valueSlot + ".config", `{"type": "object"}`, valueSlot + ".on.reject", "skip"},
	"burying":      {valueSlot, "json-schema@1", valueSlot + ".config", `{"type": "object"}`, valueSlot + ".on.reject", "dlq"},
	"transforming": {valueSlot, "redact@1", valueSlot + ".mode", "transform", valueSlot + ".config", `{"fields": ["password"]}`},
	"recompressed": {valueSlot, "json@1", "compression.type", "zstd"},
}

// attackJudged starts a broker with judged topics whose plugins are loaded.
func attackJudged(t *testing.T) *target {
	t.Helper()
	var list []string
	for _, name := range []string{"json-schema", "redact"} {
		path, err := filepath.Abs(filepath.Join("../../../../examples/wasm", name, name+".wasm"))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, name+"@1="+path)
	}
	tg := attack(t, "plugins="+strings.Join(list, ","))
	for topic, configs := range judgedTopics {
		tg.createTopic(topic, 1, configs...)
		tg.judged(topic, compressed(t, 0, 1, []byte(`{"ready": true}`)), 0)
	}
	return tg
}

// judge sends a batch until the plugin is there to judge it, and returns the error code of the answer.
func (tg *target) judge(topic string, raw []byte) (int16, error) {
	w, err := tg.dial()
	if err != nil {
		return 0, err
	}
	defer func() { _ = w.Close() }()
	for end := time.Now().Add(hang); ; {
		resp, err := w.request(produceRequest(topic, raw))
		if err != nil {
			return 0, err
		}
		// The retriable answer, for as long as it is loaded or has no turn.
		if code := produceCode(resp); code != kerr.NotEnoughReplicas.Code || time.Now().After(end) {
			return code, nil
		}
	}
}

// judged is judge with one of several right answers.
func (tg *target) judged(topic string, raw []byte, want ...int16) {
	tg.t.Helper()
	if code, err := tg.judge(topic, raw); err != nil || !slices.Contains(want, code) {
		tg.t.Errorf("%d bytes into %s: error code %d, want one of %d, %v", len(raw), topic, code, want, err)
	}
}

// Decompression bombs through plugins, many at the same time.
func TestBombsThroughPlugins(t *testing.T) {
	tg := attackJudged(t)
	var running sync.WaitGroup
	for name, records := range bombs(t) {
		b := newBatch()
		b.Attributes, b.Records = codecs[name[0]], records
		raw := encode(b)
		for topic := range judgedTopics {
			running.Go(func() {
				for range scale(1, 4) {
					if code, err := tg.judge(topic, raw); err != nil || code == 0 || code == -1 {
						t.Errorf("%s into %s: error code %d, %v", name, topic, code, err)
					}
				}
			})
		}
	}
	running.Wait()
	tg.stillJudged()
}

// stillJudged checks that every plugin is in force after an attack.
func (tg *target) stillJudged() {
	tg.t.Helper()
	for topic := range judgedTopics {
		tg.judged(topic, compressed(tg.t, 0, 2, []byte(`{"after": 1}`)), 0)
	}
	tg.judged("native", compressed(tg.t, 0, 1, []byte("{")), kerr.InvalidRecord.Code)
	tg.judged("wasm", compressed(tg.t, 0, 1, []byte("[]")), kerr.InvalidRecord.Code)
}

// Batches of very many records that are nearly nothing: empty objects, empty values, nulls, and a million of them in a few
// bytes; and records of which none is left.
func TestTinyRecordsThroughPlugins(t *testing.T) {
	tg := attackJudged(t)
	invalid := kerr.InvalidRecord.Code
	for topic := range judgedTopics {
		before := tg.storesOf(topic)
		stored := 0
		for _, codec := range []int16{0, 2, 4} {
			tg.judged(topic, compressed(t, codec, 10_000, []byte("{}")), 0)
			tg.judged(topic, compressed(t, codec, 10_000, nil), 0) // tombstones are kept
			stored += 20_000
		}
		if got := tg.storesOf(topic) - before; got != stored {
			t.Errorf("%s holds %d records of %d", topic, got, stored)
		}
		switch topic {
		case "skipping", "burying": // what is refused goes elsewhere, the batch is taken
			tg.judged(topic, compressed(t, 4, 10_000, []byte{}), 0)
		case "transforming": // it looks only for what it hides
			tg.judged(topic, compressed(t, 4, 10_000, []byte{}), 0, invalid)
		default:
			tg.judged(topic, compressed(t, 4, 10_000, []byte{}), invalid)
		}
		// 64 MiB of records at most are taken apart: whether these are too many or judged, the answer says so.
		many := compressed(t, 4, scale(200_000, 2_000_000), nil)
		tg.judged(topic, many, 0, kerr.MessageTooLarge.Code)
	}
	tg.stillJudged()
}

// Headers and payloads that lie, and values that are hostile to parsers.
func TestLiesThroughPlugins(t *testing.T) {
	tg := attackJudged(t)
	whole := compressed(t, 0, 2, []byte(`{"password": "x"}`))
	nested := bytes.Repeat([]byte("["), 500_000)
	open := []byte(`{"password": "` + strings.Repeat("x", 500_000))
	for topic := range judgedTopics {
		for _, f := range batchFields {
			for _, v := range wrongValues {
				if f.name == "producerId" || f.name == "producerEpoch" || f.name == "baseSequence" {
					continue // a batch that is taken changes what the next may be
				}
				for _, raw := range [][]byte{f.with(whole, v), fixCRC(f.with(whole, v))} {
					if code, err := tg.judge(topic, raw); code == -1 || err != nil {
						t.Errorf("%s=%x into %s: error code %d, %v", f.name, v, topic, code, err)
					}
				}
			}
		}
		for what, value := range map[string][]byte{"nested": nested, "open": open, "noise": tg.randomBytes(900 << 10)} {
			for _, codec := range []int16{0, 4} { // once each: a plugin may fail on it, which is retriable, and quarantined in the end
				code, gone := tg.produceTo(tg.connect(), topic, compressed(t, codec, 1, value))
				if code == -1 || gone {
					t.Errorf("%s value of %d bytes into %s: error code %d, closed %t", what, len(value), topic, code, gone)
				}
			}
		}
		for range scale(50, 500) {
			b := bytes.Clone(whole)
			b[batchHeader+tg.rand.IntN(len(b)-batchHeader)] ^= 1 << tg.rand.IntN(8)
			if code, err := tg.judge(topic, fixCRC(b)); code == -1 || err != nil {
				t.Errorf("% x into %s: error code %d, %v", b, topic, code, err)
			}
		}
	}
	tg.stillJudged()
}

// batchHeader is where the records of a batch begin.
const batchHeader = 61

// Many clients at once, each with large batches: what plugins are given at a time is bounded.
func TestFloodThroughPlugins(t *testing.T) {
	tg := attackJudged(t)
	value := []byte(fmt.Sprintf(`{"password": %q}`, strings.Repeat("x", 1000)))
	raw := compressed(t, 4, 20_000, value) // 20 MiB of records
	var running sync.WaitGroup
	for topic := range judgedTopics {
		for range scale(3, 8) {
			running.Go(func() {
				for range scale(1, 2) {
					code, err := tg.judge(topic, raw)
					if err != nil || code != 0 && code != kerr.MessageTooLarge.Code {
						t.Errorf("%s: error code %d, %v", topic, code, err)
					}
				}
			})
		}
	}
	running.Wait()
	tg.stillJudged()
}
