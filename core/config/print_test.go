package config_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jackdawmq/jackdaw/core/config"
)

// printEntries renders configs as kafka-configs --describe --all does.
func printEntries(entries []config.Entry) string {
	sources := []string{"UNKNOWN", "DYNAMIC_TOPIC_CONFIG", "DYNAMIC_BROKER_CONFIG", "DYNAMIC_DEFAULT_BROKER_CONFIG",
		"STATIC_BROKER_CONFIG", "DEFAULT_CONFIG", "DYNAMIC_BROKER_LOGGER_CONFIG", "CLIENT_METRICS", "DYNAMIC_GROUP_CONFIG"}
	text := func(v *string) string {
		if v == nil {
			return "null"
		}
		return *v
	}
	slices.SortFunc(entries, func(a, b config.Entry) int { return strings.Compare(a.Name, b.Name) })
	var b strings.Builder
	for _, e := range entries {
		var synonyms []string
		for _, s := range e.Synonyms {
			synonyms = append(synonyms, sources[s.Source]+":"+s.Name+"="+text(s.Value))
		}
		fmt.Fprintf(&b, "  %s=%s sensitive=%v synonyms={%s}\n", e.Name, text(e.Value), e.Sensitive, strings.Join(synonyms, ", "))
	}
	return b.String()
}
