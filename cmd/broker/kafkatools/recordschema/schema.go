// Package recordschema renders the records that parts of Apache Kafka write for themselves (cluster metadata, KRaft control records,
// share group state) as the JSON that Kafka's tools print. One table of fields describes all of them; nothing is generated.
package recordschema

import (
	_ "embed"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

//go:embed schemas.txt
var schemas string

// field is one field of a record or of a struct in it.
type field struct {
	name     string
	kind     string // int32, string, struct, ...
	list     bool
	nullable bool
	oldest   int16  // version that brought it
	tag      int    // -1 for a field that is not tagged
	absent   string // what JSON of a tagged field is left out
	fields   []field
}

// record is one type of record.
type record struct {
	name   string
	newest int16 // version; structs of newer ones are not understood
	fields []field
}

// Decoder renders records. It is made by New, holds no state of a record, and may be used by many goroutines.
type Decoder struct {
	tables map[string]map[int16]*record
}

// New reads the table of fields. An error is a fault of this package.
func New() (*Decoder, error) {
	d := &Decoder{tables: map[string]map[int16]*record{}}
	var problems []error
	var open []*[]field // the lists of fields that the next line may belong to, by its depth
	for line := range strings.Lines(schemas) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] == "#" {
			continue
		}
		depth := (len(line) - len(strings.TrimLeft(line, " "))) / 2
		if depth == 0 {
			number, r, err := parseRecord(words)
			problems = append(problems, err)
			if d.tables[words[0]] == nil {
				d.tables[words[0]] = map[int16]*record{}
			}
			d.tables[words[0]][number] = r
			open = []*[]field{&r.fields}
			continue
		}
		f, err := parseField(words)
		problems = append(problems, err)
		into := open[depth-1]
		*into = append(*into, f)
		open = append(open[:depth], &(*into)[len(*into)-1].fields)
	}
	return d, errors.Join(problems...)
}

func parseRecord(words []string) (number int16, r *record, err error) {
	n, err := strconv.ParseInt(words[1], 10, 16)
	r = &record{name: words[2]}
	if len(words) > 3 && err == nil {
		var newest int64
		newest, err = strconv.ParseInt(words[3], 10, 16)
		r.newest = int16(newest)
	}
	return int16(n), r, err
}

func parseField(words []string) (field, error) {
	f := field{name: words[0], tag: -1}
	kind, nullable := strings.CutSuffix(words[1], "?")
	f.kind, f.list = strings.CutPrefix(kind, "[]")
	f.nullable = nullable
	for _, word := range words[2:] {
		tag, isTag := strings.CutPrefix(word, "tag")
		if !isTag {
			oldest, ok := strings.CutSuffix(word, "+")
			n, err := strconv.ParseInt(oldest, 10, 16)
			if err != nil || !ok {
				return f, fmt.Errorf("%s: %q is no range of versions", f.name, word)
			}
			f.oldest = int16(n)
			continue
		}
		number, absent, given := strings.Cut(tag, "=")
		n, err := strconv.Atoi(number)
		if err != nil {
			return f, fmt.Errorf("%s: %w", f.name, err)
		}
		f.tag, f.absent = n, absent
		if !given {
			f.absent = f.zero()
		}
	}
	return f, nil
}

// zero is the JSON of a field that was never set.
func (f field) zero() string {
	switch {
	case f.nullable:
		return "null"
	case f.list:
		return "[]"
	case f.kind == "bool":
		return "false"
	}
	return "0"
}
