package main

import (
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jackdawmq/jackdaw/cmd/broker/kafkatools"
)

// versionInfo is what "version" shows.
type versionInfo struct {
	Version  string `json:"version"`
	Commit   string `json:"commit"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
	Kafka    string `json:"kafka_tools"`
}

// readVersion asks the Go runtime what the binary was built from.
func readVersion() versionInfo {
	v := versionInfo{Version: "unknown", Commit: "unknown", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH, Kafka: kafkatools.KafkaVersion}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if info.Main.Version != "" {
		v.Version = info.Main.Version
	}
	changed := false
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			v.Commit = setting.Value
		case "vcs.modified":
			changed = setting.Value == "true"
		}
	}
	if changed {
		v.Commit += " (changed)"
	}
	return v
}

// softwareVersion is the version in the form that brokers accept from clients (KIP-511): letters, digits, '-' and '.'.
func softwareVersion() string {
	clean := strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '-', r == '.':
			return r
		}
		return -1
	}, readVersion().Version)
	if clean = strings.Trim(clean, "-."); clean != "" {
		return clean
	}
	return "unknown"
}

func newVersionCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Show what this binary was built from", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			v := readVersion()
			if a.global.format == formatJSON {
				return a.printJSON(v)
			}
			a.printFields(field{"Jackdaw", v.Version}, field{"Commit", v.Commit}, field{"Go", v.Go + " " + v.Platform},
				field{"Kafka tools", "as in Apache Kafka " + v.Kafka})
			return nil
		},
	}
}
