package main

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
)

const (
	maxDepth = 64      // of JSON, and of schemas that refer to themselves
	maxItems = 1 << 20 // bounds arrays of items without bytes
)

// decoder turns Avro binary into JSON, until the first error.
type decoder struct {
	rest  []byte
	json  []byte
	items int64 // of all arrays and maps so far
	err   error
}

var errShort = errors.New("it ends early")

func (d *decoder) fail(err error) {
	if d.err == nil {
		d.err = err
	}
}

// take returns the next n bytes.
func (d *decoder) take(n int64) []byte {
	if d.err != nil {
		return nil
	}
	if n < 0 || n > int64(len(d.rest)) {
		d.fail(errShort)
		return nil
	}
	b := d.rest[:n]
	d.rest = d.rest[n:]
	return b
}

func (d *decoder) long() int64 {
	n, size := binary.Varint(d.rest)
	if size <= 0 {
		d.fail(errShort)
		return 0
	}
	d.take(int64(size))
	return n
}

// put appends a value that encoding/json writes.
func (d *decoder) put(v any) {
	text, err := json.Marshal(v)
	if err != nil {
		d.fail(err) // NaN and the infinities
	}
	d.json = append(d.json, text...)
}

func (d *decoder) value(s *schema, depth int) {
	if depth == maxDepth {
		d.fail(errors.New("too deeply nested"))
	}
	if d.err != nil {
		return
	}
	switch s.kind {
	case "null":
		d.put(nil)
	case "boolean":
		if b := d.take(1); b != nil {
			d.put(b[0] != 0)
		}
	case "int", "long":
		d.put(d.long())
	case "float":
		if b := d.take(4); b != nil {
			d.put(math.Float32frombits(binary.LittleEndian.Uint32(b)))
		}
	case "double":
		if b := d.take(8); b != nil {
			d.put(math.Float64frombits(binary.LittleEndian.Uint64(b)))
		}
	case "string":
		d.put(string(d.take(d.long())))
	case "bytes":
		d.putBytes(d.take(d.long()))
	case "fixed":
		d.putBytes(d.take(int64(s.size)))
	case "enum":
		if i := d.index(len(s.symbols)); d.err == nil {
			d.put(s.symbols[i])
		}
	case "union":
		if i := d.index(len(s.unions)); d.err == nil {
			d.value(s.unions[i], depth+1)
		}
	case "record":
		d.record(s, depth)
	case "array", "map":
		d.blocks(s, depth)
	}
}

// index reads a number below n.
func (d *decoder) index(n int) int64 {
	i := d.long()
	if i < 0 || i >= int64(n) {
		d.fail(fmt.Errorf("%d of %d", i, n))
	}
	return i
}

// putBytes writes one character for each byte.
func (d *decoder) putBytes(b []byte) {
	text := make([]rune, len(b))
	for i, c := range b {
		text[i] = rune(c)
	}
	d.put(string(text))
}

func (d *decoder) record(s *schema, depth int) {
	d.json = append(d.json, '{')
	for i := range s.fields {
		if i > 0 {
			d.json = append(d.json, ',')
		}
		d.put(s.fields[i].name)
		d.json = append(d.json, ':')
		d.value(s.fields[i].schema, depth+1)
	}
	d.json = append(d.json, '}')
}

// blocks reads an array or a map: blocks of items until an empty one. A negative count is followed by the block's size.
func (d *decoder) blocks(s *schema, depth int) {
	open, end := byte('['), byte(']')
	if s.kind == "map" {
		open, end = '{', '}'
	}
	d.json = append(d.json, open)
	for first := true; d.err == nil; {
		count := d.long()
		if count < 0 {
			count = -count
			d.long()
		}
		if count == 0 {
			break
		}
		if count < 0 || count > maxItems-d.items {
			d.fail(errors.New("too many items"))
		}
		d.items += count
		for ; count > 0 && d.err == nil; count-- {
			if !first {
				d.json = append(d.json, ',')
			}
			first = false
			if s.kind == "map" {
				d.put(string(d.take(d.long())))
				d.json = append(d.json, ':')
			}
			d.value(s.items, depth+1)
		}
	}
	d.json = append(d.json, end)
}
