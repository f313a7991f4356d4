package wasm_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/plugins/wasm"
)

// scanner is testdata/json.c in Go, line by line: what the guest would cost without a guest around it.
type scanner struct {
	b  []byte
	at int
	id bool
}

func (s *scanner) space() {
	for s.at < len(s.b) && (s.b[s.at] == ' ' || s.b[s.at] == '\n' || s.b[s.at] == '\t' || s.b[s.at] == '\r') {
		s.at++
	}
}

func (s *scanner) string() bool {
	if s.at == len(s.b) || s.b[s.at] != '"' {
		return false
	}
	for at := s.at + 1; at < len(s.b); at++ {
		switch c := s.b[at]; {
		case c == '"':
			s.at = at + 1
			return true
		case c < 0x20:
			return false
		case c == '\\':
			if at++; at == len(s.b) {
				return false
			}
		}
	}
	return false
}

func (s *scanner) digits() bool {
	from := s.at
	for s.at < len(s.b) && s.b[s.at] >= '0' && s.b[s.at] <= '9' {
		s.at++
	}
	return s.at > from
}

func (s *scanner) is(c byte) bool {
	if s.at < len(s.b) && s.b[s.at] == c {
		s.at++
		return true
	}
	return false
}

func (s *scanner) number() bool {
	s.is('-')
	if !s.digits() || s.is('.') && !s.digits() {
		return false
	}
	if s.is('e') || s.is('E') {
		if !s.is('+') {
			s.is('-')
		}
		return s.digits()
	}
	return true
}

func (s *scanner) word(w string) bool {
	for i := range len(w) {
		if !s.is(w[i]) {
			return false
		}
	}
	return true
}

func (s *scanner) value(depth int) bool {
	if depth > 64 {
		return false
	}
	s.space()
	if s.at == len(s.b) {
		return false
	}
	c := s.b[s.at]
	switch c {
	case '"':
		return s.string()
	case 't':
		return s.word("true")
	case 'f':
		return s.word("false")
	case 'n':
		return s.word("null")
	case '{', '[':
		return s.container(c, depth)
	}
	return s.number()
}

func (s *scanner) container(c byte, depth int) bool {
	end := c + 2 // of { and [ alike
	s.at++
	s.space()
	if s.is(end) {
		return true
	}
	for {
		if c == '{' {
			s.space()
			key := s.at
			if !s.string() {
				return false
			}
			if depth == 0 && s.at-key == 4 && s.b[key+1] == 'i' && s.b[key+2] == 'd' {
				s.id = true
			}
			s.space()
			if !s.is(':') {
				return false
			}
		}
		if !s.value(depth + 1) {
			return false
		}
		s.space()
		if s.is(end) {
			return true
		}
		if !s.is(',') {
			return false
		}
	}
}

func valid(b []byte) bool {
	s := scanner{b: b}
	good := s.value(0)
	s.space()
	return good && s.at == len(b) && s.id
}

func TestJSONGuest(t *testing.T) {
	s := values(t, load(t, newEngine(t, wasm.Config{}), guest(t, "json")), "")
	in := []string{
		jsonOf(1024), `{"id":1}`, ` {"a":[1,-2.5e+3,true,false,null,"\"\\"],"id":{}} `, `{"id":1`, `{}`, `[]`, `{"a":{"id":1}}`,
		`{"id":01x}`, `{"id":tru}`, "{\"id\":\"\n\"}", `{"id":1}x`, "", `"id"`, strings.Repeat("[", 10_000), `{"id":` + strings.Repeat("[", 60) + strings.Repeat("]", 60) + `}`,
	}
	var o plugin.Outcome
	if err := s.Validate(t.Context(), batchOf(in...), &o); err != nil {
		t.Fatal(err)
	}
	for i, v := range o.Verdicts() {
		if (v.Action == plugin.Keep) != valid([]byte(in[i])) {
			t.Errorf("%.40q: %s, and natively %v", in[i], v.Action, valid([]byte(in[i])))
		}
	}
}

// BenchmarkJSON validates records of 1 KiB by a guest in C and by the same code in Go.
func BenchmarkJSON(b *testing.B) {
	s := values(b, load(b, newEngine(b, wasm.Config{}), guest(b, "json")), "")
	for _, n := range []int{1, 100} {
		batch := batchOf()
		for range n {
			batch.Records = append(batch.Records, plugin.Record{Value: []byte(jsonOf(1024))})
		}
		b.Run(fmt.Sprintf("guest/%d", n), func(b *testing.B) {
			b.ReportAllocs()
			var o plugin.Outcome
			for b.Loop() {
				if err := s.Validate(b.Context(), batch, &o); err != nil || !o.AllKept() {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/record")
		})
		b.Run(fmt.Sprintf("native/%d", n), func(b *testing.B) {
			for b.Loop() {
				for i := range batch.Records {
					if !valid(batch.Records[i].Value) {
						b.Fatal("not valid")
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/record")
		})
	}
}
