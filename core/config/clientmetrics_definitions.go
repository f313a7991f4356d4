package config

import (
	"regexp"
	"slices"
	"strings"
)

// clientMetricsDefinitions lists the configs of a client metrics subscription (KIP-714), by name.
func clientMetricsDefinitions() []Definition {
	return []Definition{
		{Name: "interval.ms", Type: Int, Default: value("300000"), Valid: "[100,...,3600000]",
			Doc: "How often clients push their metrics."},
		{Name: "match", Type: List, Default: value(""), Valid: "selector=regular expression", Check: clientMatch,
			Doc: "Clients that the subscription is for; all when empty."},
		{Name: "metrics", Type: List, Default: value(""),
			Doc: "Prefixes of the names of the metrics that clients push; * is all."},
	}
}

// clientMatch checks the selectors of a client metrics subscription.
func clientMatch(s string) error {
	selectors := []string{"client_instance_id", "client_id", "client_software_name", "client_software_version",
		"client_source_address", "client_source_port"}
	for _, pattern := range splitList(s) {
		selector, expr, ok := strings.Cut(pattern, "=")
		if !ok || !slices.Contains(selectors, strings.TrimSpace(selector)) {
			return words("Illegal client matching pattern: " + pattern)
		}
		if _, err := regexp.Compile(strings.TrimSpace(expr)); err != nil {
			return words("Illegal client matching pattern: " + pattern)
		}
	}
	return nil
}
