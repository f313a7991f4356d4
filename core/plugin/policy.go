package plugin

import (
	"fmt"
	"slices"
)

// Mode says what a slot of a chain does with a plugin's answers.
type Mode uint8

// The modes. The first two are for partitioners, the others for serializers.
const (
	// Observe counts the records whose partition is not what the plugin says. The default.
	Observe Mode = iota
	// Enforce rejects them.
	Enforce
	// Validate judges records. The default.
	Validate
	// Transform rewrites records.
	Transform
)

// OnReject says what happens when the plugin says no to a record.
type OnReject uint8

// The policies for rejected records.
const (
	// RejectBatch fails the whole partition batch with INVALID_RECORD, as Kafka does. The default.
	RejectBatch OnReject = iota
	// SkipRecord leaves the record out.
	SkipRecord
	// DeadLetter sends the record to the topic's dead letter topic and leaves it out.
	DeadLetter
)

// OnError says what happens when the plugin itself fails.
type OnError uint8

// The policies for failures.
const (
	// RetryLater answers an error that clients retry. The default.
	RetryLater OnError = iota
	// RejectFailed treats the records as rejected.
	RejectFailed
	// PassFailed appends the records as they are: only with Validate or Observe.
	PassFailed
)

var (
	modeWords     = []string{Observe: "observe", Enforce: "enforce", Validate: "validate", Transform: "transform"}
	onRejectWords = []string{RejectBatch: "reject", SkipRecord: "skip", DeadLetter: "dlq"}
	onErrorWords  = []string{RetryLater: "retry", RejectFailed: "reject", PassFailed: "pass"}
)

// String returns the word of configs.
func (m Mode) String() string { return modeWords[m] }

// String returns the word of configs.
func (r OnReject) String() string { return onRejectWords[r] }

// String returns the word of configs.
func (e OnError) String() string { return onErrorWords[e] }

// ParseMode reads a word of configs.
func ParseMode(s string) (Mode, error) { return parseWord[Mode](s, modeWords) }

// ParseOnReject reads a word of configs.
func ParseOnReject(s string) (OnReject, error) { return parseWord[OnReject](s, onRejectWords) }

// ParseOnError reads a word of configs.
func ParseOnError(s string) (OnError, error) { return parseWord[OnError](s, onErrorWords) }

func parseWord[T ~uint8](s string, words []string) (T, error) {
	if i := slices.Index(words, s); i >= 0 {
		return T(i), nil
	}
	return 0, fmt.Errorf("%q is none of %v", s, words)
}

// Policy is how a slot uses its plugin.
type Policy struct {
	Mode     Mode
	OnReject OnReject
	OnError  OnError
}

// DefaultPolicy returns the policy of a kind when nothing is configured.
func DefaultPolicy(k Kind) Policy {
	if k == KindPartitioner {
		return Policy{Mode: Observe}
	}
	return Policy{Mode: Validate}
}

// Check reports a combination that is not allowed for a kind.
func (p Policy) Check(k Kind) error {
	switch forPartitioner := p.Mode == Observe || p.Mode == Enforce; {
	case forPartitioner != (k == KindPartitioner):
		return fmt.Errorf("mode %s is not for a %s", p.Mode, k)
	case p.OnError == PassFailed && p.Mode != Validate && p.Mode != Observe:
		return fmt.Errorf("on.error=pass goes only with mode validate or observe, not with %s", p.Mode)
	}
	return nil
}
