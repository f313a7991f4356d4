package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// value is a JSON value. Numbers are as they were written. (encoding/json would do: it took seven times longer in
// WebAssembly, because of reflection.)
type value struct {
	kind    byte     // n null, t true, f false, 0 number, " string, [ array, { object
	text    string   // of numbers and strings
	items   []value  // of arrays
	members []member // of objects, in their order
}

type member struct {
	name  string
	value value
}

// reader reads JSON (RFC 8259), until the first error.
type reader struct {
	text string
	at   int
	err  error
}

// parse reads one JSON value.
func parse(text []byte) (value, error) {
	r := reader{text: string(text)}
	if !utf8.ValidString(r.text) {
		r.fail("invalid UTF-8")
	}
	v := r.value(0)
	r.space()
	if r.at < len(r.text) {
		r.fail("something follows the end")
	}
	return v, r.err
}

func (r *reader) fail(what string) {
	if r.err == nil {
		r.err = fmt.Errorf("%s at byte %d", what, r.at)
	}
}

// peek returns the next byte; 0 at the end and after an error, where no byte of JSON stands.
func (r *reader) peek() byte {
	if r.err != nil || r.at >= len(r.text) {
		return 0
	}
	return r.text[r.at]
}

func (r *reader) space() {
	for r.at < len(r.text) && (r.text[r.at] == ' ' || r.text[r.at] == '\t' || r.text[r.at] == '\n' || r.text[r.at] == '\r') {
		r.at++
	}
}

// skip skips a byte if it is the next one behind white space.
func (r *reader) skip(c byte) bool {
	r.space()
	if r.peek() != c {
		return false
	}
	r.at++
	return true
}

func (r *reader) value(depth int) value {
	r.space()
	if depth == maxDepth {
		r.fail("too deeply nested")
	}
	switch c := r.peek(); c {
	case '{':
		return r.object(depth)
	case '[':
		return r.array(depth)
	case '"':
		return value{kind: c, text: r.str()}
	case 't':
		return r.word("true")
	case 'f':
		return r.word("false")
	case 'n':
		return r.word("null")
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return r.number()
	}
	r.fail("a value is missing")
	return value{}
}

func (r *reader) word(word string) value {
	if !strings.HasPrefix(r.text[r.at:], word) {
		r.fail("a value is missing")
	}
	r.at += len(word)
	return value{kind: word[0]}
}

func (r *reader) array(depth int) value {
	v := value{kind: '['}
	r.at++
	if r.skip(']') {
		return v
	}
	for r.err == nil {
		v.items = append(v.items, r.value(depth+1))
		if r.skip(']') {
			break
		}
		if !r.skip(',') {
			r.fail("',' or ']' is missing")
		}
	}
	return v
}

func (r *reader) object(depth int) value {
	v := value{kind: '{'}
	r.at++
	if r.skip('}') {
		return v
	}
	for r.err == nil {
		r.space()
		if r.peek() != '"' {
			r.fail("a field name is missing")
			break
		}
		name := r.str()
		if !r.skip(':') {
			r.fail("':' is missing")
		}
		v.members = append(v.members, member{name, r.value(depth + 1)})
		if r.skip('}') {
			break
		}
		if !r.skip(',') {
			r.fail("',' or '}' is missing")
		}
	}
	return v
}

// str reads a string from its quote on.
func (r *reader) str() string {
	start := r.at
	escaped := false
	for r.at++; r.at < len(r.text); r.at++ {
		switch c := r.text[r.at]; {
		case c == '"':
			r.at++
			if escaped {
				return r.unescape(r.text[start:r.at])
			}
			return r.text[start+1 : r.at-1]
		case c == '\\':
			escaped = true
			r.at++
		case c < ' ':
			r.fail("a control character")
			return ""
		}
	}
	r.at = len(r.text)
	r.fail("a string has no end")
	return ""
}

func (r *reader) unescape(quoted string) (s string) {
	if err := json.Unmarshal([]byte(quoted), &s); err != nil {
		r.fail("an unknown escape in the string")
	}
	return s
}

func (r *reader) number() value {
	start := r.at
	if r.peek() == '-' {
		r.at++
	}
	if r.peek() == '0' {
		r.at++
	} else {
		r.digits()
	}
	if r.peek() == '.' {
		r.at++
		r.digits()
	}
	if c := r.peek(); c == 'e' || c == 'E' {
		r.at++
		if c := r.peek(); c == '+' || c == '-' {
			r.at++
		}
		r.digits()
	}
	return value{kind: '0', text: r.text[start:r.at]}
}

func (r *reader) digits() {
	start := r.at
	for c := r.peek(); c >= '0' && c <= '9'; c = r.peek() {
		r.at++
	}
	if r.at == start {
		r.fail("a digit is missing")
	}
}
