package bench

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
)

// Bounds of a payload. More values than these make no difference to a batch; fewer would repeat within one and compress too well.
const (
	maxPayloadBytes = 64 << 20
	maxLineBytes    = 16 << 20
	syntheticBytes  = 8 << 20
	maxSynthetic    = 1 << 15
)

// Payload are the values of the records that are produced, in a cycle.
type Payload struct {
	values  [][]byte
	largest int
	// Source says in words what the values are.
	Source string
}

// PayloadFromFile takes the lines of a file as values; empty ones are left out. Of a large file the first 64 MiB are taken.
func PayloadFromFile(path string) (*Payload, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	p := &Payload{}
	scanner := bufio.NewScanner(io.LimitReader(file, maxPayloadBytes))
	scanner.Buffer(nil, maxLineBytes)
	for scanner.Scan() {
		if len(scanner.Bytes()) > 0 {
			p.add(bytes.Clone(scanner.Bytes()))
		}
	}
	if err := scanner.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, fmt.Errorf("%s: a line is longer than %d bytes", path, maxLineBytes)
	} else if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(p.values) == 0 {
		return nil, fmt.Errorf("%s has no lines", path)
	}
	p.Source = fmt.Sprintf("%d lines of %s", len(p.values), path)
	return p, nil
}

// Synthetic makes values of size bytes that look like JSON and compress about as it does. They are the same each time.
func Synthetic(size int) (*Payload, error) {
	if size < 1 || size > maxLineBytes {
		return nil, fmt.Errorf("a record has 1 to %d bytes, not %d", maxLineBytes, size)
	}
	random := rand.New(rand.NewPCG(1, 2))
	p := &Payload{Source: fmt.Sprintf("made-up JSON of %d bytes", size)}
	var text bytes.Buffer
	for range min(max(syntheticBytes/size, 8), maxSynthetic) {
		for text.Reset(); text.Len() < size; {
			fmt.Fprintf(&text, `{"id":"%016x%016x","customer":%d,"amount":%d.%02d,"currency":"EUR","state":"shipped"}`,
				random.Uint64(), random.Uint64(), random.IntN(100_000), random.IntN(1000), random.IntN(100))
		}
		p.add(bytes.Clone(text.Bytes()[:size]))
	}
	return p, nil
}

func (p *Payload) add(value []byte) {
	p.values = append(p.values, value)
	p.largest = max(p.largest, len(value))
}

// value returns the value of the i-th record. It is shared: nobody may change it.
func (p *Payload) value(i int64) []byte { return p.values[i%int64(len(p.values))] }
