package bench

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/jackdawmq/jackdaw/cmd/broker/kafkatools"
)

// Names of the producer's settings, as Kafka has them. All of them can be swept.
const (
	Acks         = "acks"
	BatchSize    = "batch.size"
	Linger       = "linger.ms"
	BufferMemory = "buffer.memory"
	Compression  = "compression.type"
)

// Names lists the producer's settings in the order in which tables show them.
func Names() []string { return []string{BatchSize, Linger, BufferMemory, Compression, Acks} }

// maxCombinations bounds a sweep: more would take a day.
const maxCombinations = 500

// maxBufferedRecords lets buffer.memory be what stops a producer, not the Go client's own limit on records. With tiny records it is
// the limit after all, because each costs the client far more memory than its bytes.
const maxBufferedRecords = 1 << 20

// batchOverhead is how much bigger than its value a batch of a single record may be: the header, the lengths and our own header.
const batchOverhead = 512

// Settings are the producer's settings of a run. The zero value is not usable; DefaultSettings has Kafka's defaults.
type Settings struct {
	BatchSize    int32  `json:"batch.size"` // bytes, before compression
	LingerMs     int64  `json:"linger.ms"`
	BufferMemory int64  `json:"buffer.memory"` // bytes of records that wait for acknowledgement
	Compression  string `json:"compression.type"`
	Acks         string `json:"acks"`
}

// DefaultSettings are those of Kafka's Java producer.
func DefaultSettings() Settings {
	return Settings{BatchSize: 16384, LingerMs: 5, BufferMemory: 32 << 20, Compression: "none", Acks: "all"}
}

// Value returns the setting of a name as text, "" for a name that is none of Names.
func (s Settings) Value(name string) string {
	switch name {
	case BatchSize:
		return strconv.FormatInt(int64(s.BatchSize), 10)
	case Linger:
		return strconv.FormatInt(s.LingerMs, 10)
	case BufferMemory:
		return strconv.FormatInt(s.BufferMemory, 10)
	case Compression:
		return s.Compression
	case Acks:
		return s.Acks
	}
	return ""
}

// With returns the settings with one of them changed. Values are checked by Validate.
func (s Settings) With(name, value string) (Settings, error) {
	number := func(bits int) (int64, error) {
		n, err := strconv.ParseInt(value, 10, bits)
		if err != nil {
			return 0, fmt.Errorf("%s: %q is not a number", name, value)
		}
		return n, nil
	}
	var err error
	switch name {
	case BatchSize:
		var n int64
		n, err = number(32)
		s.BatchSize = int32(n)
	case Linger:
		s.LingerMs, err = number(32)
	case BufferMemory:
		s.BufferMemory, err = number(64)
	case Compression:
		s.Compression = value
	case Acks:
		s.Acks = value
	default:
		err = fmt.Errorf("%q is none of %s", name, strings.Join(Names(), ", "))
	}
	return s, err
}

// Validate reports a value that no producer could have.
func (s Settings) Validate() error {
	switch {
	case s.BatchSize < 1 || s.BatchSize > 1<<30:
		return fmt.Errorf("%s is %d, not between 1 and %d", BatchSize, s.BatchSize, 1<<30)
	case s.LingerMs < 0 || s.LingerMs > 60_000:
		return fmt.Errorf("%s is %d, not between 0 and 60000", Linger, s.LingerMs)
	case s.BufferMemory < 1:
		return fmt.Errorf("%s is %d, not positive", BufferMemory, s.BufferMemory)
	}
	_, err := s.options(0)
	return err
}

// describe names the settings that differ between runs, for the eye.
func (s Settings) describe(names []string) string {
	words := make([]string, len(names))
	for i, name := range names {
		words[i] = name + "=" + s.Value(name)
	}
	return strings.Join(words, " ")
}

// options are the Go client's. The Go client refuses a record that does not fit into a batch, where Kafka's sends it alone:
// so a batch is never smaller than the largest record. Records without a key change the partition after each full batch (KIP-794).
func (s Settings) options(largest int) ([]kgo.Opt, error) {
	props := kafkatools.Properties{}
	for _, name := range Names() {
		props[name] = s.Value(name)
	}
	opts, err := props.ProducerOptions()
	if err != nil {
		return nil, err
	}
	batch := max(int(s.BatchSize), largest+batchOverhead)
	return append(opts,
		kgo.ProducerBatchMaxBytes(int32(batch)),
		kgo.MaxBufferedBytes(int(max(s.BufferMemory, int64(largest+batchOverhead)))),
		kgo.MaxBufferedRecords(maxBufferedRecords),
		kgo.RecordPartitioner(kgo.UniformBytesPartitioner(batch, true, true, nil)),
	), nil
}

// Combinations reads sweeps such as "batch.size=16384,65536" or "linger.ms=0,5,acks=1,all", a word with '=' beginning the values of
// another setting, and returns every combination over the base, and the names that are swept in the order in which they were given.
// The last name changes fastest.
func Combinations(base Settings, sweeps []string) (all []Settings, names []string, err error) {
	values := map[string][]string{}
	for _, sweep := range sweeps {
		current := ""
		for word := range strings.SplitSeq(sweep, ",") {
			if name, first, found := strings.Cut(word, "="); found {
				if _, twice := values[name]; twice {
					return nil, nil, fmt.Errorf("%s is there twice", name)
				}
				current, word = name, first
				names = append(names, name)
			}
			if current == "" {
				return nil, nil, fmt.Errorf("%q is not of the form name=value,value", sweep)
			}
			values[current] = append(values[current], strings.TrimSpace(word))
		}
	}
	all = []Settings{base}
	for _, name := range names {
		var next []Settings
		for _, s := range all {
			for _, value := range values[name] {
				changed, err := s.With(name, value)
				if err != nil {
					return nil, nil, err
				}
				if err := changed.Validate(); err != nil {
					return nil, nil, err
				}
				next = append(next, changed)
			}
		}
		if all = next; len(all) > maxCombinations {
			return nil, nil, fmt.Errorf("these are more than %d combinations", maxCombinations)
		}
	}
	return all, names, nil
}
