// Package kafkatoolstest compares Kafka's command line tools in this binary with what Apache Kafka 4.3.1's Java tools printed.
// The recorded outputs are in testdata, one file per command; scenario.txt orders them, because each builds on what the
// commands before it left in the cluster. The scenario wants a cluster of one broker that has no topics and groups yet.
package kafkatoolstest

import (
	"context"
	"embed"
	"fmt"
	"strconv"
	"strings"
)

//go:embed testdata
var files embed.FS

// Output is what a run of a tool left: its exit code and what it printed.
type Output struct {
	Exit           int
	Stdout, Stderr string
}

// Runner runs a tool against the cluster. args[0] is the tool's name; the bootstrap address in args is the one given to Steps. A
// done ctx interrupts the tool.
type Runner func(ctx context.Context, args []string, stdin string) Output

// Step is one command of the scenario.
type Step struct {
	// Name is the file in testdata that holds the reference; "" for a command that only prepares something.
	Name  string
	Args  []string
	Stdin string
	Want  Output
	// Background keeps the command running until the scenario ends, once Group has Members members.
	Background bool
	Group      string
	Members    int
	// The flags of the line: what of the output has no fixed value.
	flags []string
}

// recordedAddress is the broker in the recorded commands.
const recordedAddress = "127.0.0.1:39092"

// InputFiles are the files that commands read, by name.
func InputFiles() map[string]string {
	return map[string]string{
		"reset.csv": "orders,0,2\norders,1,0\n",
		"dr.json":   `{"partitions":[{"topic":"orders","partition":0,"offset":-1},{"topic":"orders","partition":1,"offset":-1}],"version":1}`,
	}
}

// Steps returns the scenario with its commands directed at bootstrap. dir holds the files that some commands read: see InputFiles.
func Steps(bootstrap, dir string) ([]Step, error) {
	scenario, err := files.ReadFile("testdata/scenario.txt")
	if err != nil {
		return nil, err
	}
	replace := strings.NewReplacer(recordedAddress, bootstrap, "reset.csv", dir+"/reset.csv", "dr.json", dir+"/dr.json")
	var steps []Step
	for line := range strings.Lines(string(scenario)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		step, err := parseStep(line, replace)
		if err != nil {
			return nil, fmt.Errorf("scenario.txt: %s: %w", line, err)
		}
		steps = append(steps, step)
	}
	return steps, nil
}

// parseStep reads a line: "NAME [flag...]", "$ command" or "& group members command".
func parseStep(line string, replace *strings.Replacer) (Step, error) {
	if command, ok := strings.CutPrefix(line, "$ "); ok {
		return Step{Args: splitWords(replace.Replace(command))}, nil
	}
	if rest, ok := strings.CutPrefix(line, "& "); ok {
		words := splitWords(replace.Replace(rest))
		members, err := strconv.Atoi(words[1])
		return Step{Background: true, Group: words[0], Members: members, Args: words[2:]}, err
	}
	words := strings.Fields(line)
	raw, err := files.ReadFile("testdata/" + words[0] + ".txt")
	if err != nil {
		return Step{}, err
	}
	step, err := parseReference(string(raw), replace)
	step.Name, step.flags = words[0], words[1:]
	return step, err
}

// parseReference reads a recorded command: the command, then sections that begin with "== ".
func parseReference(raw string, replace *strings.Replacer) (Step, error) {
	command, rest, _ := strings.Cut(raw, "\n")
	step := Step{Args: splitWords(replace.Replace(command))}
	section := ""
	for line := range strings.Lines(rest) {
		if title, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "== "); ok {
			section = title
			if code, ok := strings.CutPrefix(title, "exit "); ok {
				exit, err := strconv.Atoi(code)
				if err != nil {
					return step, err
				}
				step.Want.Exit = exit
			}
			continue
		}
		switch section {
		case "stdin (cat -A)":
			step.Stdin += strings.ReplaceAll(strings.ReplaceAll(line, "$\n", "\n"), "^I", "\t")
		case "stdout":
			step.Want.Stdout += line
		case "stderr":
			step.Want.Stderr += line
		}
	}
	return step, nil
}

// splitWords splits a command as a shell does, with single quotes only.
func splitWords(command string) []string {
	var words []string
	var word strings.Builder
	quoted, started := false, false
	for _, r := range command {
		switch {
		case r == '\'':
			quoted, started = !quoted, true
		case r == ' ' && !quoted:
			if started {
				words = append(words, word.String())
			}
			word.Reset()
			started = false
		default:
			word.WriteRune(r)
			started = true
		}
	}
	if started {
		words = append(words, word.String())
	}
	return words
}
