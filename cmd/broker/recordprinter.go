package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/twmb/franz-go/pkg/kgo"
)

// recordPrinter writes records in one of the formats of "consume".
type recordPrinter struct {
	out   *bufio.Writer
	flags consumeFlags
}

func newRecordPrinter(out *bufio.Writer, flags consumeFlags) *recordPrinter {
	return &recordPrinter{out: out, flags: flags}
}

func (p *recordPrinter) print(r *kgo.Record) error {
	switch p.flags.format {
	case formatJSON:
		return p.printJSON(r)
	case "hex":
		return p.printHex(r)
	}
	if p.flags.offsets {
		fmt.Fprintf(p.out, "%s %d %d %s\t", r.Topic, r.Partition, r.Offset, r.Timestamp.UTC().Format(time.RFC3339Nano))
	}
	if p.flags.keys {
		p.out.Write(orNull(r.Key))
		p.out.WriteByte('\t')
	}
	p.out.Write(orNull(r.Value))
	return p.out.WriteByte('\n')
}

func orNull(b []byte) []byte {
	if b == nil {
		return []byte("null")
	}
	return b
}

// consumedRecord is a line of "consume --format json". A key, value or header that is not UTF-8 is in the field that ends in
// _base64 instead.
type consumedRecord struct {
	Topic       string            `json:"topic"`
	Partition   int32             `json:"partition"`
	Offset      int64             `json:"offset"`
	Timestamp   int64             `json:"timestamp"`
	Key         *string           `json:"key"`
	KeyBase64   []byte            `json:"key_base64,omitempty"`
	Value       *string           `json:"value"`
	ValueBase64 []byte            `json:"value_base64,omitempty"`
	Headers     map[string]string `json:"headers,omitempty"`
}

func (p *recordPrinter) printJSON(r *kgo.Record) error {
	line := consumedRecord{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, Timestamp: r.Timestamp.UnixMilli()}
	line.Key, line.KeyBase64 = textOrBytes(r.Key)
	line.Value, line.ValueBase64 = textOrBytes(r.Value)
	for _, h := range r.Headers {
		if line.Headers == nil {
			line.Headers = map[string]string{}
		}
		line.Headers[h.Key] = string(h.Value)
	}
	encoder := json.NewEncoder(p.out)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(line)
}

func textOrBytes(b []byte) (*string, []byte) {
	if b == nil {
		return nil, nil
	}
	if !utf8.Valid(b) {
		return nil, b
	}
	text := string(b)
	return &text, nil
}

func (p *recordPrinter) printHex(r *kgo.Record) error {
	fmt.Fprintf(p.out, "%s %d %d\n", r.Topic, r.Partition, r.Offset)
	if r.Key != nil {
		fmt.Fprintf(p.out, "key\n%s", hex.Dump(r.Key))
	}
	_, err := fmt.Fprintf(p.out, "value\n%s", hex.Dump(r.Value))
	return err
}
