package wasm_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/jackdawmq/jackdaw/core/plugin"
)

// These tests compare guests with implementations of others on inputs that nobody chose.

// TestJSONParser: json-schema takes exactly what encoding/json takes, but for bad UTF-8 and halves of surrogate pairs,
// which encoding/json replaces.
func TestJSONParser(t *testing.T) {
	s := bind(t, "json-schema/json-schema.wasm", plugin.KindValueSerializer, `true`)
	batch, random := &plugin.Batch{Topic: "t", NumPartitions: 1}, rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		batch.Records = append(batch.Records, plugin.Record{Value: mutated(random, randomJSON(random, 0))})
	}
	var outcome plugin.Outcome
	if err := s.Validate(t.Context(), batch, &outcome); err != nil {
		t.Fatal(err)
	}
	valid := 0
	for i, v := range outcome.Verdicts() {
		text := batch.Records[i].Value
		want := json.Valid(text) && utf8.Valid(text)
		if want {
			tree, _ := json.Marshal(decoded(t, text))
			want = !bytes.ContainsRune(tree, utf8.RuneError)
		}
		if want != (v.Action == plugin.Keep) {
			t.Errorf("%q: %s %s, but valid is %v", text, v.Action, v.Message, want)
		}
		if v.Action == plugin.Keep {
			valid++
		}
	}
	if valid < 500 || valid > 2500 {
		t.Errorf("%d of %d texts are valid: the mutations are of no use", valid, len(batch.Records))
	}
}

// TestRedaction: the guest, which walks through text, leaves what a walk through the tree leaves.
func TestRedaction(t *testing.T) {
	s := bind(t, "redact/redact.wasm", plugin.KindValueSerializer, `{"fields": ["a", "ż\""], "emails": true}`)
	batch, random := &plugin.Batch{Topic: "t", NumPartitions: 1}, rand.New(rand.NewPCG(3, 4))
	for range 3000 {
		batch.Records = append(batch.Records, plugin.Record{Value: []byte(randomJSON(random, 0))})
	}
	var outcome plugin.Outcome
	if err := s.Serialize(t.Context(), batch, &outcome); err != nil {
		t.Fatal(err)
	}
	replaced := 0
	for i, v := range outcome.Verdicts() {
		got := batch.Records[i].Value
		if v.Action == plugin.Replace {
			got = v.Value
			replaced++
		}
		want, _ := json.Marshal(redacted(decoded(t, batch.Records[i].Value)))
		if stored, _ := json.Marshal(decoded(t, got)); !bytes.Equal(stored, want) || v.Action == plugin.Reject {
			t.Errorf("%s\n%s %s\n%s, want\n%s", batch.Records[i].Value, v.Action, v.Message, stored, want)
		}
	}
	if replaced < 500 || replaced > 2500 {
		t.Errorf("%d of %d values were replaced: they are of no use", replaced, len(batch.Records))
	}
}

// TestBrokenInput: no guest fails, whatever bytes it gets, and the tutorial's validator says the same in C and Rust.
func TestBrokenInput(t *testing.T) {
	batch, random := &plugin.Batch{Topic: "t", NumPartitions: 1}, rand.New(rand.NewPCG(7, 8))
	for range 4000 {
		text := mutated(random, randomJSON(random, 0))
		for range random.IntN(3) {
			text = mutated(random, string(text)+" ")
		}
		batch.Records = append(batch.Records, plugin.Record{Value: text})
	}
	f := func(file, config string) []plugin.Verdict {
		t.Helper()
		s := bind(t, file, plugin.KindValueSerializer, config)
		call := s.Validate
		if !s.Info().Functions.Has(plugin.CanValidate) {
			call = s.Serialize
		}
		var outcome plugin.Outcome
		if err := call(t.Context(), batch, &outcome); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for i, v := range outcome.Verdicts() {
			if v.Action == plugin.Failed {
				t.Errorf("%s: %q: %v", file, batch.Records[i].Value, v.Failure)
			}
		}
		return outcome.Verdicts()
	}
	f("json-schema/json-schema.wasm", `{"type": "object", "additionalProperties": {"minimum": 0, "maxLength": 3}, "required": ["a"]}`)
	f("redact/redact.wasm", `{"fields": ["a", "b"], "emails": true}`)
	inC, inRust := f("testdata/c-validator.wasm", ""), f("testdata/rust-validator.wasm", "")
	for i := range inC {
		if inC[i].Action != inRust[i].Action || inC[i].Code != inRust[i].Code {
			t.Errorf("%q: %d in C, %d in Rust", batch.Records[i].Value, inC[i].Code, inRust[i].Code)
		}
	}
}

// TestMurmur2: the guest chooses what franz-go chooses, which does as Kafka's Java client.
func TestMurmur2(t *testing.T) {
	engine := newEngine(t, nil)
	program, err := engine.Load(t.Context(), read(t, "partitioner-murmur2/partitioner-murmur2.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(program.Close)
	p, err := program.Partitioner(t.Context(), plugin.Binding{Kind: plugin.KindPartitioner, Name: "murmur2", Target: "t"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	random := rand.New(rand.NewPCG(5, 6))
	batch := &plugin.Batch{Topic: "t", Partition: plugin.NoPartition, NumPartitions: 97}
	for n := range 2000 {
		key := make([]byte, n%40)
		for i := range key {
			key[i] = byte(random.Uint32())
		}
		batch.Records = append(batch.Records, plugin.Record{Key: key})
	}
	out := make([]int32, len(batch.Records))
	if err := p.Partition(t.Context(), batch, out); err != nil {
		t.Fatal(err)
	}
	franz := kgo.StickyKeyPartitioner(nil).ForTopic("t")
	for i, r := range batch.Records {
		if want := franz.Partition(&kgo.Record{Key: r.Key}, 97); int(out[i]) != want {
			t.Errorf("%x: partition %d, want %d", r.Key, out[i], want)
		}
	}
}

func bind(t *testing.T, file string, kind plugin.Kind, config string) plugin.Serializer {
	t.Helper()
	program, err := newEngine(t, nil).Load(t.Context(), read(t, file))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(program.Close)
	s, err := program.Serializer(t.Context(), plugin.Binding{Kind: kind, Name: "guest", Target: "t", Config: []byte(config)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

var atoms = []string{
	`null`, `true`, `false`, `0`, `-1.5e+3`, `1e9`, `""`, `"a"`, `"ann@example.com"`, `"to x.y@b.cd, and\u0020p\u0040q.rs!"`,
	`"\ud83d\ude00 \\ \" \/ \b\f\n\r\t"`, `"żółw"`, `"no @ mail"`, `"a@b"`,
}

var names = []string{`"a"`, `"b"`, `"\u0061"`, `"ż\""`, `"\u017C\u0022"`, `"ann@example.com"`, `"c"`}

func randomJSON(r *rand.Rand, depth int) string {
	space := strings.Repeat(" ", r.IntN(2))
	var parts []string
	switch kind := r.IntN(4); {
	case kind == 0 && depth < 4 || depth == 0 && kind < 2:
		for i, name := range r.Perm(len(names))[:r.IntN(5)] {
			if name == 2 || name == 4 { // another way to write a name that may be there already
				name = i % 2
			}
			parts = append(parts, names[name]+space+":"+space+randomJSON(r, depth+1))
		}
		return "{" + space + strings.Join(parts, space+","+space) + "}"
	case kind == 1 && depth < 4 || depth == 0:
		for range r.IntN(4) {
			parts = append(parts, randomJSON(r, depth+1))
		}
		return "[" + strings.Join(parts, ","+space) + space + "]"
	}
	return atoms[r.IntN(len(atoms))]
}

// mutated changes a byte of half of the texts.
func mutated(r *rand.Rand, text string) []byte {
	b := []byte(text)
	if r.IntN(2) == 0 {
		return b
	}
	at := r.IntN(len(b))
	switch replacement := "{}[],:\"\\0.-e1tu \n\x00"; r.IntN(3) {
	case 0:
		return append(b[:at], b[at+1:]...)
	case 1:
		return b[:at]
	default:
		b[at] = replacement[r.IntN(len(replacement))]
		return b
	}
}

func decoded(t *testing.T, text []byte) (tree any) {
	t.Helper()
	if err := json.Unmarshal(text, &tree); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return tree
}

var address = regexp.MustCompile(`[\pL0-9._%+-]+@[\pL0-9-]+(\.[\pL0-9-]+)+`)

// redacted is what the guest should do, on a tree.
func redacted(tree any) any {
	switch tree := tree.(type) {
	case map[string]any:
		for name, value := range tree {
			if name == "a" || name == `ż"` {
				tree[name] = "***"
			} else {
				tree[name] = redacted(value)
			}
		}
	case []any:
		for i := range tree {
			tree[i] = redacted(tree[i])
		}
	case string:
		return address.ReplaceAllString(tree, "***")
	}
	return tree
}
