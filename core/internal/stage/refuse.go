package stage

import (
	"strconv"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/record"
)

// refusal is what is known of the records that keep a batch out.
type refusal struct {
	count int
	by    string // the first plugin that refused one
	first string // its message
	at    int32  // and the record's index
}

// refuse notes that a record keeps the whole batch out. The other records are judged all the same, so that the producer
// learns of all its bad records at once, as in Kafka. s is nil when no plugin but a rule of the topic refuses.
func (j *Judgement) refuse(s *seat, at int32, message string) {
	f := &j.refusal
	if f.count == 0 {
		f.first, f.at = message, at
		if s != nil {
			f.by = s.label()
			s.counts.Refused.Add(1)
		}
	}
	f.count++
	if len(j.RecordErrors) < record.MaxRecordErrors {
		j.RecordErrors = append(j.RecordErrors, record.RecordError{BatchIndex: at, Message: message})
	}
}

// refused words why the batch is kept out.
func (j *Judgement) refused() error {
	f := &j.refusal
	message := f.first
	if f.by != "" {
		message = "plugin " + f.by + ": " + message
	}
	if j.Header.Count > 1 {
		message += " (record " + strconv.Itoa(int(f.at)) + " of the batch"
		if f.count > 1 {
			message += "; " + strconv.Itoa(f.count) + " of " + strconv.Itoa(int(j.Header.Count)) + " are rejected"
		}
		message += ")"
	}
	return &kafka.Error{Code: kafka.InvalidRecord, Message: message}
}
