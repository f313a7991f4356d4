package kafkatools

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// flagSet is the options of a tool that is built on argparse4j, as Kafka's verifiable producer and consumer are: unique
// abbreviations are allowed, help goes to standard output, every word must belong to an option.
type flagSet struct {
	program     string
	description string
	flags       []flag
}

// flag declares one option. A flag without label takes no argument.
type flag struct {
	name     string
	label    string
	kind     kind
	fallback string
	required bool
	choices  []string
	help     string
}

// flags are the options that a user gave, with defaults filled in.
type flags map[string]string

func (f flags) has(name string) bool {
	_, ok := f[name]
	return ok
}

// number returns an integer flag; parse has checked it.
func (f flags) number(name string) int64 {
	n, _ := strconv.ParseInt(f[name], 10, 64)
	return n
}

// parse reads args. done says that the tool has ended, with exit code code, because help was asked for or args are wrong.
func (s *flagSet) parse(args []string, std Streams) (given flags, code int, done bool) {
	if len(args) == 0 {
		s.printHelp(std.Out)
		return nil, exitOK, true
	}
	given = flags{}
	for i := 0; i < len(args); i++ {
		name, value, inline := strings.Cut(args[i], "=")
		if name == "-h" || name == "--help" {
			s.printHelp(std.Out)
			return nil, exitFailed, true
		}
		f, err := s.find(name)
		if err == nil && f.label != "" && !inline {
			i++
			if i >= len(args) {
				err = fmt.Errorf("argument --%s: expected one argument", f.name)
			} else {
				value = args[i]
			}
		}
		if err == nil {
			err = f.check(value)
		}
		if err != nil {
			return nil, s.fail(std, err), true
		}
		given[f.name] = value
	}
	if err := s.complete(given); err != nil {
		return nil, s.fail(std, err), true
	}
	return given, exitOK, false
}

// find looks up a word by its full name or a unique beginning.
func (s *flagSet) find(word string) (flag, error) {
	name, isFlag := strings.CutPrefix(word, "--")
	var found []flag
	for _, f := range s.flags {
		if f.name == name {
			return f, nil
		}
		if isFlag && strings.HasPrefix(f.name, name) {
			found = append(found, f)
		}
	}
	switch {
	case !isFlag || len(found) == 0:
		return flag{}, fmt.Errorf("unrecognized arguments: '%s'", word)
	case len(found) > 1:
		var names []string
		for _, f := range found {
			names = append(names, "--"+f.name)
		}
		return flag{}, fmt.Errorf("ambiguous option: %s could match %s", word, strings.Join(names, ", "))
	}
	return found[0], nil
}

func (f flag) check(value string) error {
	if bits := map[kind]int{integer: 32, long: 64}[f.kind]; bits > 0 {
		if _, err := strconv.ParseInt(value, 10, bits); err != nil {
			return fmt.Errorf("argument --%s: could not convert '%s' to %s (For input string: \"%s\")", f.name, value, f.kind, value)
		}
	}
	if len(f.choices) > 0 && !slices.Contains(f.choices, value) {
		return fmt.Errorf("argument --%s: invalid choice: '%s' (choose from {%s})", f.name, value, strings.Join(f.choices, ","))
	}
	return nil
}

// complete fills in defaults and reports what is missing. bootstrap-server has the words of a group of alternatives.
func (s *flagSet) complete(given flags) error {
	for _, f := range s.flags {
		switch {
		case given.has(f.name):
		case f.required && f.name == "bootstrap-server":
			return fmt.Errorf("one of the arguments --bootstrap-server is required")
		case f.required:
			return fmt.Errorf("argument --%s is required", f.name)
		case f.fallback != "":
			given[f.name] = f.fallback
		}
	}
	return nil
}

// fail prints the usage and err on standard error and returns the exit code.
func (s *flagSet) fail(std Streams, err error) int {
	s.printUsage(std.Err)
	program, _, _ := strings.Cut(s.program, " ")
	std.errorf("%s: error: %v\n", program, err)
	return exitFailed
}

func (f flag) signature() string {
	if f.label == "" {
		return "--" + f.name
	}
	return "--" + f.name + " " + f.label
}

func (s *flagSet) printUsage(w io.Writer) {
	line, indent := "usage: "+s.program+" [-h]", strings.Repeat(" ", len("usage: "+s.program+" "))
	for _, f := range s.flags {
		word := f.signature()
		if !f.required {
			word = "[" + word + "]"
		}
		if len(line)+1+len(word) > 75 {
			fmt.Fprintln(w, line)
			line = indent + word
			continue
		}
		line += " " + word
	}
	fmt.Fprintln(w, line)
}

func (s *flagSet) printHelp(w io.Writer) {
	s.printUsage(w)
	fmt.Fprintf(w, "\n%s\n\noptional arguments:\n  -h, --help             show this text and end\n", s.description)
	for _, f := range s.flags {
		help := f.help
		if f.fallback != "" {
			help += " (default: " + f.fallback + ")"
		}
		signature := "  " + f.signature()
		lines := wrap(help, 50)
		if len(signature) < 25 {
			fmt.Fprintf(w, "%-25s%s\n", signature, lines[0])
			lines = lines[1:]
		} else {
			fmt.Fprintln(w, signature)
		}
		for _, line := range lines {
			fmt.Fprintf(w, "%25s%s\n", "", strings.TrimLeft(line, " "))
		}
	}
}
