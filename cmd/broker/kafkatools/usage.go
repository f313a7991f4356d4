package kafkatools

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// usageError is a misuse of a tool: its message is printed on standard error, followed by the help text, and the exit code is
// 1.
type usageError string

func (e usageError) Error() string { return string(e) }

func usagef(format string, args ...any) error { return usageError(fmt.Sprintf(format, args...)) }

// misuse prints the message and the help text on standard error. It returns the exit code.
func (s Streams) misuse(set optionSet, message string) int {
	s.errorf("%s\n", message)
	set.printHelp(s.Err)
	return exitFailed
}

// end tells how a tool ended, misuse with the help text, and returns the exit code.
func (s Streams) end(set optionSet, err error) int {
	if misuse, ok := errors.AsType[usageError](err); ok {
		return s.misuse(set, misuse.Error())
	}
	if err != nil {
		s.errorf("%s\n", describeFailure(err))
		return exitFailed
	}
	return exitOK
}

// helpOrVersion handles --help and --version. done is false when neither was given. Kafka's tools print help on standard
// error with exit code 1, also when it was asked for.
func (s Streams) helpOrVersion(line *commandLine, about string) (code int, done bool) {
	switch {
	case line.has("help"):
		return s.misuse(line.set, about), true
	case line.has("version"):
		s.printf("%s\n", KafkaVersion)
		return exitOK, true
	}
	return exitOK, false
}

// required returns a usageError when one of the options is missing.
func (c *commandLine) required(names ...string) error {
	for _, name := range names {
		if !c.has(name) {
			return usagef("Missing required argument \"[%s]\"", name)
		}
	}
	return nil
}

// excludes returns a usageError when name was given together with one of others.
func (c *commandLine) excludes(name string, others ...string) error {
	if !c.has(name) {
		return nil
	}
	for _, other := range others {
		if other != name && c.has(other) {
			return usagef("Option \"[%s]\" can't be used with option \"[%s]\"", name, other)
		}
	}
	return nil
}

// firstError returns the first error that is not nil.
func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

const (
	helpWidth      = 80
	helpNameColumn = 40
)

// printHelp writes the table of options, sorted by name.
func (s optionSet) printHelp(w io.Writer) {
	sorted := slices.SortedFunc(slices.Values(s), func(a, b option) int { return cmp.Compare(a.name, b.name) })
	printHelpRow(w, "Option", "Description")
	printHelpRow(w, "------", "-----------")
	for _, o := range sorted {
		help := o.help
		if o.fallback != "" {
			help += " (default: " + o.fallback + ")"
		}
		printHelpRow(w, o.signature(), help)
	}
}

func (o option) signature() string {
	label := o.kind.String()
	if o.label != "" {
		label += ": " + o.label
	}
	switch o.argument {
	case requiredArgument:
		return "--" + o.name + " <" + label + ">"
	case optionalArgument:
		return "--" + o.name + " [" + label + "]"
	}
	return "--" + o.name
}

func printHelpRow(w io.Writer, name, description string) {
	left, right := wrap(name, helpNameColumn-1), wrap(description, helpWidth-helpNameColumn-1)
	for i := range max(len(left), len(right)) {
		var l, r string
		if i < len(left) {
			l = left[i]
		}
		if i < len(right) {
			r = right[i]
		}
		fmt.Fprintln(w, strings.TrimRight(fmt.Sprintf("%-*s %s", helpNameColumn, l, r), " "))
	}
}

// wrap breaks text at spaces into lines of at most width; following lines are indented by two.
func wrap(s string, width int) []string {
	var lines []string
	current := ""
	for _, word := range strings.Fields(s) {
		switch {
		case current == "":
			current = word
		case len(current)+1+len(word) <= width:
			current += " " + word
		default:
			lines = append(lines, current)
			current = "  " + word
		}
	}
	return append(lines, current)
}
