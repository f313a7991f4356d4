package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/jackdawmq/jackdaw/cmd/broker/refusal"
)

// sentPartition is a row of the summary of "produce".
type sentPartition struct {
	Partition int32 `json:"partition"`
	Records   int64 `json:"records"`
	Bytes     int64 `json:"bytes"`
	First     int64 `json:"first"`
	Last      int64 `json:"last"`
}

// sending collects what became of records. Its callback runs on the client's goroutines.
type sending struct {
	topic    string
	progress *progress
	refusals refusal.Log

	mu         sync.Mutex
	partitions map[int32]*sentPartition
	failed     int
	failure    error            // the first
	partition  int32            // of the first failure
	refused    *refusal.Refusal // what the broker said of it; nil: nothing
	index      int32            // of the next failed record of that partition, in its batch
	told       []string         // the lines of the input that are at fault, and why
}

// maxTold is how many records of a refused batch are listed.
const maxTold = 10

// done returns what is called when it is known what became of a line's record.
func (s *sending) done(line int) func(*kgo.Record, error) {
	return func(r *kgo.Record, err error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if err != nil {
			s.notWritten(line, r, err)
			return
		}
		p := s.partitions[r.Partition]
		if p == nil {
			p = &sentPartition{Partition: r.Partition, First: r.Offset}
			s.partitions[r.Partition] = p
		}
		p.Records++
		p.Bytes += int64(len(r.Key) + len(r.Value))
		p.First, p.Last = min(p.First, r.Offset), max(p.Last, r.Offset)
		s.progress.add(1)
	}
}

// notWritten notes a failure. The first one explains all: with what the broker said, and the lines that it means. Records of
// a batch fail in their order, so that their number is their index in the batch.
func (s *sending) notWritten(line int, r *kgo.Record, err error) {
	s.failed++
	if s.failure == nil {
		s.failure, s.partition = err, r.Partition
		if code, ok := errors.AsType[*kerr.Error](err); ok {
			if refused, ok := s.refusals.Of(r.Partition, code.Code); ok {
				s.refused = &refused
			}
		}
	}
	if s.refused == nil || r.Partition != s.partition {
		return
	}
	i := slices.IndexFunc(s.refused.Records, func(e refusal.Record) bool { return e.Index == s.index })
	if s.index++; i >= 0 && len(s.told) < maxTold {
		s.told = append(s.told, fmt.Sprintf("line %d, %s: %s", line, shortened(string(r.Value)), s.refused.Records[i].Message))
	}
}

// firstFailure is the reason to send no more.
func (s *sending) firstFailure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failure
}

// outcome is the error of all records together, once the client is done with them; gaveUp is why it may not be.
func (s *sending) outcome(gaveUp error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch latest, known := s.refusals.Latest(); {
	case s.failure == nil && gaveUp != nil && known:
		return fmt.Errorf("topic %s: %s (%s, tried again until now)", s.topic, latest.Message, codeName(latest.Code))
	case s.failure == nil:
		return gaveUp
	case s.refused == nil:
		return fmt.Errorf("%s not written to topic %s, the first because: %w", records(s.failed), s.topic, s.failure)
	}
	message := fmt.Sprintf("%s not written to topic %s, the first because: %s (%s)",
		records(s.failed), s.topic, cmp.Or(s.refused.Message, s.failure.Error()), codeName(s.refused.Code))
	if len(s.told) > 0 {
		message += "\n  " + strings.Join(s.told, "\n  ")
	}
	if more := len(s.refused.Records) - len(s.told); more > 0 && len(s.told) > 0 {
		message += fmt.Sprintf("\n  and %d more", more)
	}
	return errors.New(message)
}

func records(n int) string {
	if n == 1 {
		return "1 record was"
	}
	return strconv.Itoa(n) + " records were"
}

func codeName(code int16) string {
	if known := kerr.TypedErrorForCode(code); known != nil {
		return known.Message
	}
	return "error " + strconv.Itoa(int(code))
}

func (a *app) printSent(s *sending) error {
	rows := []sentPartition{}
	for _, p := range s.partitions {
		rows = append(rows, *p)
	}
	slices.SortFunc(rows, func(a, b sentPartition) int { return cmp.Compare(a.Partition, b.Partition) })
	number := func(title string, value func(sentPartition) int64) column[sentPartition] {
		return column[sentPartition]{title: title, number: true, value: func(p sentPartition) string { return strconv.FormatInt(value(p), 10) }}
	}
	return printRows(a, rows,
		number("partition", func(p sentPartition) int64 { return int64(p.Partition) }),
		number("records", func(p sentPartition) int64 { return p.Records }),
		number("bytes", func(p sentPartition) int64 { return p.Bytes }),
		number("first offset", func(p sentPartition) int64 { return p.First }),
		number("last offset", func(p sentPartition) int64 { return p.Last }))
}
