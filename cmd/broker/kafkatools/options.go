package kafkatools

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// argument says whether an option takes an argument.
type argument int

const (
	noArgument argument = iota
	requiredArgument
	optionalArgument
)

// kind is the type of an option's argument.
type kind int

const (
	text    kind = iota
	integer      // 32 bits
	long         // 64 bits
)

func (k kind) String() string { return [...]string{"String", "Integer", "Long"}[k] }

// option declares one option of a tool.
type option struct {
	name     string
	argument argument
	kind     kind
	label    string   // what the help calls the argument
	fallback string   // the value when the option is absent, "" for none
	many     bool     // may be given several times
	with     []string // usable only when one of these is given
	help     string
}

// optionSet is the options of one tool. Parsing follows joptsimple, which Kafka's tools use with abbreviations switched
// off: "--opt value", "--opt=value" and "-opt value"; words that belong to no option are ignored.
type optionSet []option

// withCommon adds the options that every tool has.
func (s optionSet) withCommon() optionSet {
	return append(s,
		option{name: "bootstrap-server", argument: requiredArgument, label: "server to connect to",
			help: "REQUIRED: brokers to ask first, host:port separated by commas."},
		option{name: "command-config", argument: requiredArgument, label: "config file",
			help: "A file of Java client properties: security, timeouts, client.id."},
		option{name: "help", help: "Show this text."},
		option{name: "version", help: "Show the Kafka version that this tool follows."},
	)
}

func (s optionSet) find(name string) (option, bool) {
	for _, o := range s {
		if o.name == name {
			return o, true
		}
	}
	return option{}, false
}

// parse reads args. Its errors carry joptsimple's words.
func (s optionSet) parse(args []string) (*commandLine, error) {
	line := &commandLine{set: s, given: map[string][]string{}}
	for i := 0; i < len(args); i++ {
		word := args[i]
		if word == "--" {
			break
		}
		if !looksLikeOption(word) {
			continue
		}
		name, value, inline := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(word, "-"), "-"), "=")
		o, known := s.find(name)
		if !known {
			return nil, fmt.Errorf("%s is not a recognized option", name)
		}
		next := i+1 < len(args)
		switch {
		case o.argument == noArgument && inline:
			return nil, fmt.Errorf("Option %s does not accept an argument", name)
		case o.argument == noArgument:
			line.add(name)
		case inline:
			line.add(name, value)
		case o.argument == requiredArgument && next:
			i++
			line.add(name, args[i])
		case o.argument == requiredArgument:
			return nil, fmt.Errorf("Option %s requires an argument", name)
		case next && !looksLikeOption(args[i+1]):
			i++
			line.add(name, args[i])
		default:
			line.add(name)
		}
	}
	return line, line.checkAvailable()
}

func looksLikeOption(word string) bool { return len(word) > 1 && word[0] == '-' }

// commandLine is what a user gave.
type commandLine struct {
	set   optionSet
	given map[string][]string // the arguments by option; an option without argument has an empty list
}

func (c *commandLine) add(name string, values ...string) {
	c.given[name] = append(c.given[name], values...)
}

func (c *commandLine) has(name string) bool {
	_, ok := c.given[name]
	return ok
}

// value returns the argument of an option, its default when it is absent, or "".
func (c *commandLine) value(name string) string {
	if v := c.given[name]; len(v) > 0 {
		return v[0]
	}
	o, _ := c.set.find(name)
	return o.fallback
}

func (c *commandLine) values(name string) []string { return c.given[name] }

// number returns the argument of an integer or long option. checkTypes has accepted it before.
func (c *commandLine) number(name string) int64 {
	n, _ := strconv.ParseInt(c.value(name), 10, 64)
	return n
}

// anyOf returns those of names that were given.
func (c *commandLine) anyOf(names ...string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !c.has(n) })
}

func (c *commandLine) checkAvailable() error {
	for _, o := range c.set {
		if c.has(o.name) && len(o.with) > 0 && len(c.anyOf(o.with...)) == 0 {
			return fmt.Errorf("Option(s) [%s] are unavailable given other options on the command line", o.name)
		}
	}
	return nil
}

// checkTypes reports the first argument that is not a number where one is wanted, or an option given twice that may be
// given once. joptsimple finds both only when a tool asks for the value, which decides where tools print the error.
func (c *commandLine) checkTypes() error {
	for _, o := range c.set {
		values := c.given[o.name]
		if len(values) > 1 && !o.many {
			return fmt.Errorf("Found multiple arguments for option %s, but you asked for only one", o.name)
		}
		bits := map[kind]int{integer: 32, long: 64}[o.kind]
		for _, v := range values {
			if bits == 0 {
				break
			}
			if _, err := strconv.ParseInt(v, 10, bits); err != nil {
				return fmt.Errorf("Cannot parse argument '%s' of option %s", v, o.name)
			}
		}
	}
	return nil
}
