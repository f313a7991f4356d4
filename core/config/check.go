package config

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// words is an error in Kafka's words (org.apache.kafka.common.config.ConfigDef), capitals included: clients and operators
// see and search for them.
type words string

func (w words) Error() string { return string(w) }

// badValue is a check's error that names another value than the one that was set: the offending element of a list.
type badValue struct {
	value string
	words
}

// Validate returns Kafka's message "Invalid value X for configuration NAME: ..." when the value is not of the config's
// type or out of its range.
func (d *Definition) Validate(v string) error {
	if err := d.ValidateType(v); err != nil {
		return err
	}
	if d.Check == nil {
		return nil
	}
	return d.invalid(v, d.Check(strings.TrimSpace(v)))
}

// ValidateType is Validate without the range: Kafka does not check ranges of dynamic broker configs.
func (d *Definition) ValidateType(v string) error {
	return d.invalid(v, checkType(d.Type, strings.TrimSpace(v)))
}

func (d *Definition) invalid(v string, err error) error {
	if err == nil {
		return nil
	}
	if bad, ok := errors.AsType[badValue](err); ok {
		v = bad.value
	}
	return words("Invalid value " + v + " for configuration " + d.Name + ": " + err.Error())
}

func checkType(t Type, v string) error {
	var err error
	switch t {
	case Boolean:
		if !strings.EqualFold(v, "true") && !strings.EqualFold(v, "false") {
			return words("Expected value to be either true or false")
		}
	case Short:
		_, err = strconv.ParseInt(v, 10, 16)
	case Int:
		_, err = strconv.ParseInt(v, 10, 32)
	case Long:
		_, err = strconv.ParseInt(v, 10, 64)
	case Double:
		_, err = strconv.ParseFloat(v, 64)
	default: // any text will do
	}
	if err != nil {
		return words("Not a number of type " + t.String())
	}
	return nil
}

// String returns the type's name as Kafka prints it.
func (t Type) String() string {
	names := []string{"UNKNOWN", "BOOLEAN", "STRING", "INT", "SHORT", "LONG", "DOUBLE", "LIST", "CLASS", "PASSWORD"}
	if t < 0 || int(t) >= len(names) {
		return names[0]
	}
	return names[t]
}

// value is a default.
func value(s string) *string { return &s }

func byName(a, b Definition) int { return strings.Compare(a.Name, b.Name) }

// splitList splits a LIST as Kafka does: at commas, blanks around them dropped; "" is the empty list.
func splitList(s string) []string {
	s = strings.TrimSpace(s)
	if s == "" {
		return nil
	}
	parts := strings.Split(s, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}

func atLeast(low int64) func(string) error { return between(low, math.MaxInt64) }

func between(low, high int64) func(string) error {
	return func(s string) error {
		n, err := strconv.ParseInt(s, 10, 64)
		below, above := n < low, n > high
		if err != nil { // a DOUBLE
			f, _ := strconv.ParseFloat(s, 64)
			below, above = f < float64(low) || math.IsNaN(f), f > float64(high)
		}
		switch {
		case below:
			return words(fmt.Sprintf("Value must be at least %d", low))
		case above:
			return words(fmt.Sprintf("Value must be no more than %d", high))
		}
		return nil
	}
}

func gzipLevel(s string) error {
	if n, err := strconv.Atoi(s); err != nil || n != -1 && (n < 1 || n > 9) {
		return words("Value must be between 1 and 9 or equal to -1")
	}
	return nil
}

// oneOf accepts a string out of a fixed set.
func oneOf(allowed ...string) func(string) error {
	return func(s string) error {
		if !slices.Contains(allowed, s) {
			return badValue{s, words("String must be one of: " + strings.Join(allowed, ", "))}
		}
		return nil
	}
}

// listOf accepts a list of strings out of a fixed set. Like Kafka, it lets one stand twice, and the list be empty.
func listOf(allowed ...string) func(string) error {
	one := oneOf(allowed...)
	return func(s string) error {
		for _, v := range splitList(s) {
			if err := one(v); err != nil {
				return err
			}
		}
		return nil
	}
}

func throttledReplicas(name string) func(string) error {
	pair := regexp.MustCompile(`^[0-9]+:[0-9]+$`)
	return func(s string) error {
		list := splitList(s)
		if len(list) == 1 && list[0] == "*" {
			return nil
		}
		for _, v := range list {
			if !pair.MatchString(v) {
				return badValue{"[" + strings.Join(list, ", ") + "]", words(name + " must be the literal '*' or a list of replicas" +
					" in the following format: [partitionId]:[brokerId],[partitionId]:[brokerId],...")}
			}
		}
		return nil
	}
}

func offsetReset(s string) error {
	const duration = `^by_duration:P(\d+D)?(T(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?$`
	if s == "latest" || s == "earliest" {
		return nil
	}
	if ok, _ := regexp.MatchString(duration, s); ok && !strings.HasSuffix(s, "P") && !strings.HasSuffix(s, "T") {
		return nil
	}
	return words("The value must be either 'earliest', 'latest' or of the format 'by_duration:<PnDTnHnMn.nS.>'.")
}
