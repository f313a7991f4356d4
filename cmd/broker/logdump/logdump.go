// Package logdump reads the files of a partition's directory, of Jackdaw or of Apache Kafka, without a broker. It trusts
// nothing that it reads: damage is reported with its position.
package logdump

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/jackdawmq/jackdaw/core/record"
)

// maxRecords bounds what the records of one batch may take when they are decompressed, in bytes.
const maxRecords = 256 << 20

// Batch is one batch of a .log file.
type Batch struct {
	Position     int64  `json:"position"`
	BaseOffset   int64  `json:"base_offset"`
	LastOffset   int64  `json:"last_offset"`
	Count        int32  `json:"count"`
	Size         int    `json:"size"`
	Codec        string `json:"codec"`
	LeaderEpoch  int32  `json:"leader_epoch"`
	MaxTimestamp int64  `json:"max_timestamp"`
	ProducerID   int64  `json:"producer_id"`
	Epoch        int16  `json:"producer_epoch"`
	Sequence     int32  `json:"base_sequence"`
	// What the batch is: transactional, control, append-time, delete-horizon.
	Flags []string `json:"flags"`
	// Fault says what is wrong with the batch, "" for nothing.
	Fault string `json:"fault,omitempty"`

	raw record.Batch // valid until the next batch is read
}

// Header returns the batch's header as it is in the file.
func (b Batch) Header() record.Header { return b.raw.Header() }

// BaseOffset returns the offset that the name of a segment's file begins with.
func BaseOffset(path string) (int64, error) {
	digits, _, _ := strings.Cut(filepath.Base(path), ".")
	offset, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || len(digits) != 20 {
		return 0, fmt.Errorf("%s: the name does not begin with the 20 digits of an offset", path)
	}
	return offset, nil
}

// Batches iterates over the batches of a .log file. Where the file can't be read on, the error says at which position and comes
// last. A batch whose checksum is wrong is no error: its Fault says it.
func Batches(path string) iter.Seq2[Batch, error] {
	return func(yield func(Batch, error) bool) {
		file, err := os.Open(path)
		if err != nil {
			yield(Batch{}, err)
			return
		}
		defer file.Close()
		info, err := file.Stat()
		if err != nil {
			yield(Batch{}, err)
			return
		}
		reader := batchReader{file: file, size: info.Size()}
		for reader.position < reader.size {
			batch, err := reader.next()
			if err != nil {
				yield(Batch{}, fmt.Errorf("%s at position %d: %w", path, reader.position, err))
				return
			}
			if !yield(batch, nil) {
				return
			}
		}
	}
}

// batchReader reads a .log file batch by batch into one buffer.
type batchReader struct {
	file     io.ReaderAt
	size     int64
	position int64
	buffer   []byte
}

var errZeros = errors.New("only zeros follow: the file was allocated in advance, or its end was lost in a crash")

func (r *batchReader) next() (Batch, error) {
	var head [record.HeaderSize]byte
	n, err := r.file.ReadAt(head[:min(int64(len(head)), r.size-r.position)], r.position)
	if err != nil && !errors.Is(err, io.EOF) {
		return Batch{}, err
	}
	if isZero(head[:n]) {
		return Batch{}, errZeros
	}
	var header record.Header
	if err := header.Parse(head[:n]); err != nil {
		return Batch{}, err
	}
	// The announced length is checked against the file before anything is allocated for it.
	if left := r.size - r.position; int64(header.Size()) > left {
		return Batch{}, fmt.Errorf("a batch of %d bytes is announced and %d are left: %w", header.Size(), left, record.ErrShort)
	}
	if size := max(header.Size(), record.HeaderSize); size > cap(r.buffer) {
		r.buffer = make([]byte, size)
	}
	r.buffer = r.buffer[:max(header.Size(), record.HeaderSize)]
	if n, err := r.file.ReadAt(r.buffer, r.position); err != nil && n < len(r.buffer) {
		return Batch{}, err
	}
	raw, _, err := record.Next(r.buffer)
	if err != nil {
		return Batch{}, err
	}
	batch := describe(raw, r.position)
	r.position += int64(len(raw))
	return batch, nil
}

func isZero(b []byte) bool {
	for _, v := range b {
		if v != 0 {
			return false
		}
	}
	return true
}

func describe(raw record.Batch, position int64) Batch {
	h := raw.Header()
	b := Batch{
		Position: position, BaseOffset: h.BaseOffset, LastOffset: h.LastOffset(), Count: h.Count, Size: h.Size(),
		Codec: h.Codec().String(), LeaderEpoch: int32(h.LeaderEpoch), MaxTimestamp: h.MaxTimestamp,
		ProducerID: int64(h.ProducerID), Epoch: int16(h.ProducerEpoch), Sequence: h.BaseSequence, Flags: []string{}, raw: raw,
	}
	for _, flag := range []struct {
		set  bool
		name string
	}{
		{h.IsTransactional(), "transactional"}, {h.IsControl(), "control"},
		{h.IsLogAppendTime(), "append-time"}, {h.HasDeleteHorizon(), "delete-horizon"},
	} {
		if flag.set {
			b.Flags = append(b.Flags, flag.name)
		}
	}
	if err := raw.VerifyCRC(); err != nil {
		b.Fault = err.Error()
	}
	return b
}

// Record is one record of a batch. Its slices are valid during the call that hands it over.
type Record struct {
	Offset    int64
	Timestamp int64 // milliseconds
	Key       []byte
	Value     []byte
	Headers   []record.RecordHeader
	// Control is "abort", "commit" or another marker of a control batch, "" for data.
	Control string
}

// Records calls do for each record of the batch, which must be the last that Batches yielded.
func (b Batch) Records(do func(Record) error) error {
	records, err := b.raw.Records(maxRecords)
	if err != nil {
		return fmt.Errorf("batch at position %d: %w", b.Position, err)
	}
	defer records.Close()
	header := b.raw.Header()
	var r record.Record
	for records.Next(&r) {
		out := Record{Offset: header.RecordOffset(&r), Timestamp: header.RecordTimestamp(&r), Key: r.Key, Value: r.Value}
		for h := range r.Headers() {
			out.Headers = append(out.Headers, h)
		}
		if header.IsControl() {
			out.Control = controlName(r.Key)
		}
		if err := do(out); err != nil {
			return err
		}
	}
	if err := records.Err(); err != nil {
		return fmt.Errorf("batch at position %d: %w", b.Position, err)
	}
	return nil
}

func controlName(key []byte) string {
	kind, err := record.ParseControlKey(key)
	switch {
	case err != nil:
		return "unreadable"
	case kind == record.ControlAbort:
		return "abort"
	case kind == record.ControlCommit:
		return "commit"
	}
	return fmt.Sprintf("type %d", kind)
}
