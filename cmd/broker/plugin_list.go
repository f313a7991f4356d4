package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

func newPluginListCommand(o *operators) *cobra.Command {
	var builtin bool
	cmd := &cobra.Command{
		Use: "list", Short: "List the plugins that are deployed", Args: cobra.NoArgs, Aliases: []string{"ls"},
		RunE: func(cmd *cobra.Command, _ []string) error {
			var versions []pluginVersion
			if err := o.call(cmd.Context(), http.MethodGet, "/plugins", "", nil, &versions); err != nil {
				return err
			}
			if !builtin {
				versions = slices.DeleteFunc(versions, func(v pluginVersion) bool { return v.Builtin && len(v.BoundTo) == 0 })
			}
			return o.printVersions(versions)
		},
	}
	cmd.Flags().BoolVar(&builtin, "builtin", false, "show the plugins of the broker itself too")
	return cmd
}

func (a *app) printVersions(versions []pluginVersion) error {
	type row = pluginVersion
	return printRows(a, versions,
		column[row]{title: "plugin", value: func(v row) string { return v.ref() }},
		column[row]{title: "kinds", value: func(v row) string { return strings.Join(v.Kinds, ",") }},
		column[row]{title: "digest", value: func(v row) string { return v.Digest[:min(12, len(v.Digest))] }},
		column[row]{title: "bytes", value: func(v row) string { return strconv.Itoa(v.Size) }, number: true},
		column[row]{title: "deployed", value: func(v row) string {
			if v.DeployedAt == nil {
				return "-"
			}
			return *v.DeployedAt
		}},
		column[row]{title: "by", value: func(v row) string { return cmp.Or(v.Deployer, "-") }},
		column[row]{title: "bound to", value: func(v row) string { return cmp.Or(strings.Join(v.BoundTo, ", "), "-") }},
		column[row]{title: "state", value: func(v row) string { return v.state() }})
}

// pluginDescription is what "plugin describe" shows.
type pluginDescription struct {
	Name     string          `json:"name"`
	Versions []pluginVersion `json:"versions"`
	Bindings []pluginUse     `json:"bindings"`
}

type pluginUse struct {
	Topic   string      `json:"topic"`
	Slot    string      `json:"slot"`
	State   string      `json:"state"`
	InForce pluginForce `json:"in_force"`
}

// pluginForce is a plugin that is in force in a slot.
type pluginForce struct {
	Plugin string            `json:"plugin"`
	Label  string            `json:"label"`
	Stats  pluginStats       `json:"stats"`
	Counts map[string]uint64 `json:"counts"`
}

// pluginStats are the counters of a binding.
type pluginStats struct {
	Calls            uint64            `json:"calls"`
	Records          uint64            `json:"records"`
	Bytes            uint64            `json:"bytes"`
	Kept             uint64            `json:"kept"`
	Replaced         uint64            `json:"replaced"`
	Dropped          uint64            `json:"dropped"`
	Rejected         uint64            `json:"rejected"`
	Failures         map[string]uint64 `json:"failures"`
	Fuel             uint64            `json:"fuel"`
	FuelPerRecord    float64           `json:"fuel_per_record"`
	BusyMs           float64           `json:"busy_ms"`
	GuestMs          float64           `json:"guest_ms"`
	Instances        int               `json:"instances"`
	Memory           int64             `json:"memory"`
	LastError        string            `json:"last_error"`
	LastErrorAt      *string           `json:"last_error_at"`
	QuarantinedUntil *string           `json:"quarantined_until"`
	Counters         map[string]int64  `json:"counters"`
}

func newPluginDescribeCommand(o *operators) *cobra.Command {
	return &cobra.Command{
		Use: "describe NAME", Short: "Show the versions of a plugin, where it runs and how it does", Args: cobra.ExactArgs(1),
		ValidArgsFunction: o.completePlugins(0, false),
		RunE: func(cmd *cobra.Command, args []string) error {
			name, _, _ := strings.Cut(args[0], "@")
			var d pluginDescription
			if err := o.call(cmd.Context(), http.MethodGet, "/plugins/"+url.PathEscape(name), "", nil, &d); err != nil {
				return err
			}
			if o.global.format == formatJSON {
				return o.printJSON(d)
			}
			last := d.Versions[len(d.Versions)-1]
			o.printFields(field{"Plugin", d.Name}, field{"Newest", last.ref()}, field{"Digest", last.Digest},
				field{"Functions", strings.Join(last.Functions, ", ")}, field{"Imports", cmp.Or(strings.Join(last.Imports, ", "), "none")})
			fmt.Fprintln(o.std.Out)
			if err := o.printVersions(d.Versions); err != nil || len(d.Bindings) == 0 {
				return err
			}
			fmt.Fprintln(o.std.Out)
			return o.printUses(d.Bindings)
		},
	}
}

// topicPath is which way the records of a topic take on a broker.
type topicPath struct {
	Why     string `json:"why"`
	Current bool   `json:"current"`
	Slots   []struct {
		Slot    string       `json:"slot"`
		State   string       `json:"state"`
		InForce *pluginForce `json:"in_force"`
	} `json:"slots"`
}

func (o *operators) path(ctx context.Context, topic string) (topicPath, error) {
	var path topicPath
	err := o.call(ctx, http.MethodGet, "/topics/"+url.PathEscape(topic)+"/plugins", "", nil, &path)
	return path, err
}

// addUses adds to topics that have plugins how these do on the broker whose listener it is.
func (o *operators) addUses(ctx context.Context, topics []topicDescription) error {
	for i := range topics {
		if topics[i].Path == pathNative {
			continue
		}
		path, err := o.path(ctx, topics[i].Name)
		if err != nil {
			return err
		}
		for _, s := range path.Slots {
			use := pluginUse{Topic: topics[i].Name, Slot: s.Slot, State: s.State}
			if s.InForce != nil {
				use.InForce = *s.InForce
			}
			topics[i].Plugins = append(topics[i].Plugins, use)
		}
	}
	return nil
}

// printUses writes the bindings of a plugin on a broker as a table, and what went wrong below it.
func (a *app) printUses(uses []pluginUse) error {
	type row = pluginUse
	count := func(f func(*pluginStats) uint64) func(row) string {
		return func(u row) string { return strconv.FormatUint(f(&u.InForce.Stats), 10) }
	}
	err := printRows(a, uses,
		column[row]{title: "topic", value: func(u row) string { return u.Topic }},
		column[row]{title: "slot", value: func(u row) string { return u.Slot }},
		column[row]{title: "runs", value: func(u row) string { return u.InForce.Plugin }},
		column[row]{title: "state", value: func(u row) string { return u.State }},
		column[row]{title: "records", value: count(func(s *pluginStats) uint64 { return s.Records }), number: true},
		column[row]{title: "kept", value: count(func(s *pluginStats) uint64 { return s.Kept }), number: true},
		column[row]{title: "replaced", value: count(func(s *pluginStats) uint64 { return s.Replaced }), number: true},
		column[row]{title: "dropped", value: count(func(s *pluginStats) uint64 { return s.Dropped }), number: true},
		column[row]{title: "rejected", value: count(func(s *pluginStats) uint64 { return s.Rejected }), number: true},
		column[row]{title: "fuel/record", value: func(u row) string { return strconv.FormatFloat(u.InForce.Stats.FuelPerRecord, 'f', 0, 64) }, number: true},
		column[row]{title: "instances", value: func(u row) string { return strconv.Itoa(u.InForce.Stats.Instances) }, number: true},
		column[row]{title: "failures", value: func(u row) string { return failures(u.InForce.Stats.Failures) }})
	for i := range uses {
		s := &uses[i].InForce.Stats
		if s.LastError != "" {
			at := ""
			if s.LastErrorAt != nil {
				at = " at " + *s.LastErrorAt
			}
			fmt.Fprintf(a.std.Out, "\nLast error on %s %s%s: %s\n", uses[i].Topic, uses[i].Slot, at, s.LastError)
		}
		if s.QuarantinedUntil != nil {
			fmt.Fprintf(a.std.Out, "In quarantine until %s; 'broker plugin release' ends it.\n", *s.QuarantinedUntil)
		}
	}
	return err
}

// failures renders the failures of each class.
func failures(byClass map[string]uint64) string {
	var words []string
	for _, class := range slices.Sorted(maps.Keys(byClass)) {
		words = append(words, fmt.Sprintf("%s=%d", class, byClass[class]))
	}
	return cmp.Or(strings.Join(words, ","), "0")
}
