package wasm_test

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"math/bits"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/plugins/wasm"
)

// What follows is testdata/json.c in Go, line by line: what the guest would cost without a guest around it.

const maxDepth = 64

// each repeats a byte.
func each(b byte) uint64 { return 0x0101010101010101 * uint64(b) }

// stops has the high bit set in each byte that ends a run of plain characters.
func stops(w uint64) uint64 {
	quote, escape := w^each('"'), w^each('\\')
	return ((quote-each(1))&^quote | (escape-each(1))&^escape | (w-each(0x20))&^w) & each(0x80)
}

// scanString returns what follows the string that begins before at, or -1.
func scanString(b []byte, at int) int {
	for {
		for len(b)-at >= 8 {
			if s := stops(binary.LittleEndian.Uint64(b[at:])); s != 0 {
				at += bits.TrailingZeros64(s) >> 3
				break
			}
			at += 8
		}
		for at < len(b) && b[at] != '"' && b[at] != '\\' && b[at] >= 0x20 {
			at++
		}
		if at == len(b) {
			return -1
		}
		c := b[at]
		if at++; c == '"' {
			return at
		}
		if c != '\\' || at == len(b) {
			return -1
		}
		at++
	}
}

// next skips space and returns the byte that follows and where it is, or -1 at the end.
func next(b []byte, at int) (c, place int) {
	for ; at < len(b); at++ {
		if c := b[at]; c > ' ' || c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			return int(c), at
		}
	}
	return -1, at
}

func digits(b []byte, at int) int {
	from := at
	for at < len(b) && b[at] >= '0' && b[at] <= '9' {
		at++
	}
	if at == from {
		return -1
	}
	return at
}

func number(first int, b []byte, at int) int {
	if first == '-' {
		at++
	}
	if at = digits(b, at); at < 0 {
		return -1
	}
	if at < len(b) && b[at] == '.' {
		if at = digits(b, at+1); at < 0 {
			return -1
		}
	}
	if at < len(b) && (b[at] == 'e' || b[at] == 'E') {
		at++
		if at < len(b) && (b[at] == '+' || b[at] == '-') {
			at++
		}
		return digits(b, at)
	}
	return at
}

func word(b []byte, at int, w string) int {
	for i := range len(w) {
		if at == len(b) || b[at] != w[i] {
			return -1
		}
		at++
	}
	return at
}

func scalar(first int, b []byte, at int) int {
	switch first {
	case '"':
		return scanString(b, at+1)
	case 't':
		return word(b, at, "true")
	case 'f':
		return word(b, at, "false")
	case 'n':
		return word(b, at, "null")
	}
	return number(first, b, at)
}

// valid keeps one bit for each open object or array.
func valid(b []byte) bool {
	objects, depth, at, id := uint64(0), 0, 0, false
	for {
		var c int
		c, at = next(b, at)
		if objects&1 != 0 {
			key := at
			if c != '"' {
				return false
			}
			if at = scanString(b, at+1); at < 0 {
				return false
			}
			if depth == 1 && at-key == 4 && b[key+1] == 'i' && b[key+2] == 'd' {
				id = true
			}
			if c, at = next(b, at); c != ':' {
				return false
			}
			c, at = next(b, at+1)
		}
		if c == '{' || c == '[' {
			if depth == maxDepth {
				return false
			}
			var inside int
			if inside, at = next(b, at+1); inside != c+2 {
				objects <<= 1
				if c == '{' {
					objects |= 1
				}
				depth++
				continue
			}
			at++
		} else if at = scalar(c, b, at); at < 0 {
			return false
		}
		for {
			if c, at = next(b, at); depth == 0 {
				return c < 0 && id
			}
			if at++; c == ',' {
				break
			}
			end := int(']')
			if objects&1 != 0 {
				end = '}'
			}
			if c != end {
				return false
			}
			objects >>= 1
			depth--
		}
	}
}

func TestJSONGuest(t *testing.T) {
	s := values(t, load(t, newEngine(t, wasm.Config{}), guest(t, "json")), "")
	in := []string{
		jsonOf(1024), `{"id":1}`, ` {"a":[1,-2.5e+3,true,false,null,"\"\\"],"id":{}} `, `{"id":1`, `{}`, `[]`, `{"a":{"id":1}}`,
		`{"id":01x}`, `{"id":tru}`, "{\"id\":\"\n\"}", `{"id":1}x`, "", `"id"`, strings.Repeat("[", 10_000), `{"id":` + strings.Repeat("[", 60) + strings.Repeat("]", 60) + `}`,
		`{"id"}`, `{"id":}`, `{"id":1,}`, `{,"id":1}`, `{"id":1]`, `{"id":-}`, `{"id":1.}`, `{"id":1e}`, `{"a":[1 2],"id":1}`, `{"a":[[],{}],"id":[{"id":null}]}`, "{\"id\":\"\u00fc\u20ac\"}",
	}
	for n := range 20 { // a string is looked at eight bytes at a time
		x := strings.Repeat("x", n)
		in = append(in, `{"id":"`+x+`"}`, `{"id":"`+x+`\""}`, `{"id":"`+x+`\"`, `{"id":"`+x, `{"id":"`+x+"\x1f\"}", `{"id":"`+x+`\\"}`, `{"id":"`+x+"\x7f\xc3\xbc\"}")
	}
	var o plugin.Outcome
	if err := s.Validate(t.Context(), batchOf(in...), &o); err != nil {
		t.Fatal(err)
	}
	for i, v := range o.Verdicts() {
		var object map[string]json.RawMessage
		want := json.Unmarshal([]byte(in[i]), &object) == nil && object["id"] != nil
		if native := valid([]byte(in[i])); (v.Action == plugin.Keep) != want || native != want {
			t.Errorf("%.40q: %s, and natively %v; want %v", in[i], v.Action, native, want)
		}
	}
}

// BenchmarkJSON validates records of 1 KiB by a guest in C, called with 1 and with 100 records, by the same C compiled for this
// machine, and by the same code in Go. Each tells the least time of many rounds, which other programs disturb least.
func BenchmarkJSON(b *testing.B) {
	s := values(b, load(b, newEngine(b, wasm.Config{}), guest(b, "json")), "")
	value := []byte(jsonOf(1024))
	for _, n := range []int{1, 100} {
		batch := batchOf()
		for range n {
			batch.Records = append(batch.Records, plugin.Record{Value: value})
		}
		b.Run(fmt.Sprintf("guest/%d", n), func(b *testing.B) {
			var o plugin.Outcome
			least(b, n, func() {
				if err := s.Validate(b.Context(), batch, &o); err != nil || !o.AllKept() {
					b.Fatal(err)
				}
			})
		})
	}
	b.Run("c", benchmarkC)
	b.Run("go", func(b *testing.B) {
		least(b, 1, func() {
			if !valid(value) {
				b.Fatal("not valid")
			}
		})
	})
}

// least reports the least time that a record takes in a hundred of them.
func least(b *testing.B, records int, run func()) {
	took := time.Duration(math.MaxInt64)
	for b.Loop() {
		start := time.Now()
		for range 100 / records {
			run()
		}
		took = min(took, time.Since(start))
	}
	b.ReportMetric(float64(took.Nanoseconds())/100, "least-ns/record")
}

// benchmarkC builds testdata/json.c for this machine and runs it.
func benchmarkC(b *testing.B) {
	compiler, err := exec.LookPath("cc")
	if err != nil {
		b.Skip("there is no C compiler")
	}
	program := filepath.Join(b.TempDir(), "json")
	if out, err := exec.Command(compiler, "-O2", "-o", program, "testdata/json_native.c").CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	took := math.Inf(1)
	for b.Loop() {
		run := exec.Command(program)
		run.Stdin = strings.NewReader(jsonOf(1024))
		out, err := run.Output()
		if err != nil {
			b.Fatal(err)
		}
		t, err := strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
		if err != nil {
			b.Fatal(err)
		}
		took = min(took, t)
	}
	b.ReportMetric(took, "least-ns/record")
}
