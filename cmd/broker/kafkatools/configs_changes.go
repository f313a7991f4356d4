package kafkatools

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
)

// configPair is a config to set.
type configPair struct{ name, value string }

// configChanges are what --alter asks for.
type configChanges struct {
	set    []configPair // in the order in which they were given
	remove []string
}

// names returns the names of the configs to set.
func (c configChanges) names() []string {
	var names []string
	for _, pair := range c.set {
		names = append(names, pair.name)
	}
	return names
}

// errBadConfigPair has the words of Kafka's tool.
var errBadConfigPair = errors.New("requirement failed: Invalid entity config: all configs to be added must be in the format " +
	"\"key=val\" or  \"key=[val1,val2]\" to group values which contain commas.")

func parseConfigChanges(line *commandLine) (configChanges, error) {
	var changes configChanges
	if path := line.value("add-config-file"); path != "" {
		props, err := LoadProperties(path)
		if errors.Is(err, os.ErrNotExist) {
			return changes, &javaFailure{"java.nio.file.NoSuchFileException: " + path}
		}
		if err != nil {
			return changes, err
		}
		for name, value := range props {
			changes.set = append(changes.set, configPair{name, value})
		}
	}
	if line.has("add-config") {
		pairs, err := parseConfigPairs(line.value("add-config"))
		if err != nil {
			return changes, err
		}
		changes.set = append(changes.set, pairs...)
	}
	for _, list := range line.values("delete-config") {
		for name := range strings.SplitSeq(list, ",") {
			changes.remove = append(changes.remove, strings.TrimSpace(name))
		}
	}
	legal := regexp.MustCompile(`^[a-zA-Z0-9._-]*$`)
	for _, name := range changes.names() {
		if !legal.MatchString(name) {
			return changes, fmt.Errorf("Invalid character found for config key: %s", name)
		}
	}
	return changes, nil
}

// parseConfigPairs reads "k1=v1,k2=[v1,v2]". A later value of a name replaces an earlier one.
func parseConfigPairs(list string) ([]configPair, error) {
	var pairs []configPair
	at := map[string]int{}
	for _, word := range splitOutsideBrackets(list, ',') {
		parts := splitOutsideBrackets(word, '=')
		if len(parts) != 2 {
			return nil, errBadConfigPair
		}
		pair := configPair{strings.TrimSpace(parts[0]), strings.TrimSpace(strings.NewReplacer("[", "", "]", "").Replace(parts[1]))}
		if i, ok := at[pair.name]; ok {
			pairs[i] = pair
			continue
		}
		at[pair.name] = len(pairs)
		pairs = append(pairs, pair)
	}
	return pairs, nil
}

// splitOutsideBrackets splits at separators that are not followed by a closing bracket before an opening one. Empty words at the
// end of a list with commas are dropped, as Java's split does.
func splitOutsideBrackets(s string, separator byte) []string {
	var words []string
	start := 0
	for i := range len(s) {
		if s[i] != separator {
			continue
		}
		rest := s[i+1:]
		if closing := strings.IndexByte(rest, ']'); closing >= 0 && !strings.Contains(rest[:closing], "[") {
			continue
		}
		words, start = append(words, s[start:i]), i+1
	}
	words = append(words, s[start:])
	for separator == ',' && len(words) > 1 && words[len(words)-1] == "" {
		words = words[:len(words)-1]
	}
	return words
}
