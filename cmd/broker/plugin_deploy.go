package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jackdawmq/jackdaw/plugins/wasm"
	"github.com/jackdawmq/jackdaw/sdk/vectors"
)

func newPluginDeployCommand(o *operators) *cobra.Command {
	var vectorsFile string
	var dryRun bool
	cmd := &cobra.Command{
		Use: "deploy NAME@VERSION FILE", Short: "Upload a plugin to the cluster", Args: cobra.ExactArgs(2),
		Long: "Upload a plugin to the cluster. The test vectors beside it are run here first; the broker checks, compiles and tries the\n" +
			"plugin before it can be bound. A version never changes: deploying the same file again does nothing, another one is refused.",
		Example: "  broker plugin deploy geo@1 geo.wasm",
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) == 1 {
				return []string{"wasm"}, cobra.ShellCompDirectiveFilterFileExt
			}
			return nil, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			ref, err := parseVersion(args[0])
			if err != nil {
				return err
			}
			b, err := readModule(args[1])
			if err != nil {
				return err
			}
			if err := tryVectors(cmd.Context(), b, args[1], vectorsFile); err != nil {
				return err
			}
			var v pluginVersion
			path, done := versionPath(ref), "deployed"
			if dryRun {
				path, done = path+"?validate_only=true", "the broker would deploy"
			}
			if err := o.call(cmd.Context(), http.MethodPut, path, "application/wasm", b, &v); err != nil {
				return err
			}
			return o.report(v, "%s %s (%s)", done, v.ref(), v.Digest)
		},
	}
	cmd.Flags().StringVar(&vectorsFile, "vectors", "", "test vectors to run first (default: FILE with .vectors for .wasm, or that in testdata)")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "let the broker check, compile and try the plugin, and store nothing")
	return cmd
}

// tryVectors runs test vectors where there are some.
func tryVectors(ctx context.Context, b []byte, file, vectorsFile string) error {
	groups, err := readVectors(file, vectorsFile)
	if err != nil || groups == nil {
		return err
	}
	return withProgram(ctx, file, b, func(_ *wasm.Engine, p program) error {
		if err := vectors.Run(ctx, p, groups); err != nil {
			return fmt.Errorf("%s does not answer as its test vectors say, and was not deployed:\n%s", file, list(strings.Split(err.Error(), "\n")))
		}
		return nil
	})
}

func newPluginRemoveCommand(o *operators) *cobra.Command {
	return &cobra.Command{
		Use: "remove NAME@VERSION", Short: "Remove a version that nothing is bound to", Args: cobra.ExactArgs(1), Aliases: []string{"rm"},
		ValidArgsFunction: o.completePlugins(0, true),
		RunE: func(cmd *cobra.Command, args []string) error {
			ref, err := parseVersion(args[0])
			if err != nil {
				return err
			}
			if err := o.call(cmd.Context(), http.MethodDelete, versionPath(ref), "", nil, nil); err != nil {
				return err
			}
			return o.report(map[string]string{"plugin": ref.String(), "result": "removed"}, "removed %s", ref)
		},
	}
}

func newPluginReleaseCommand(o *operators) *cobra.Command {
	return &cobra.Command{
		Use: "release NAME@VERSION", Short: "End the quarantine of a plugin that failed too often", Args: cobra.ExactArgs(1),
		ValidArgsFunction: o.completePlugins(0, true),
		RunE: func(cmd *cobra.Command, args []string) error {
			ref, err := parseVersion(args[0])
			if err != nil {
				return err
			}
			var result struct {
				Released bool `json:"released"`
			}
			if err := o.call(cmd.Context(), http.MethodPost, versionPath(ref)+"/release", "application/json", []byte("{}"), &result); err != nil {
				return err
			}
			if !result.Released {
				return o.report(result, "%s is not in quarantine on this broker", ref)
			}
			return o.report(result, "released %s", ref)
		},
	}
}

// pluginLine is a line of "plugin logs".
type pluginLine struct {
	Time    string `json:"time"`
	Level   string `json:"level"`
	Plugin  string `json:"plugin"`
	Binding string `json:"binding"`
	Text    string `json:"text"`
}

func newPluginLogsCommand(o *operators) *cobra.Command {
	return &cobra.Command{
		Use: "logs NAME", Short: "Show the last lines that a plugin logged on a broker, and how it failed", Args: cobra.ExactArgs(1),
		ValidArgsFunction: o.completePlugins(0, false),
		RunE: func(cmd *cobra.Command, args []string) error {
			var lines []pluginLine
			if err := o.call(cmd.Context(), http.MethodGet, "/plugins/"+url.PathEscape(args[0])+"/logs", "", nil, &lines); err != nil {
				return err
			}
			return printRows(o.app, lines,
				column[pluginLine]{title: "time", value: func(l pluginLine) string { return l.Time }},
				column[pluginLine]{title: "level", value: func(l pluginLine) string { return l.Level }},
				column[pluginLine]{title: "plugin", value: func(l pluginLine) string { return l.Plugin }},
				column[pluginLine]{title: "bound to", value: func(l pluginLine) string { return l.Binding }},
				column[pluginLine]{title: "text", value: func(l pluginLine) string { return l.Text }})
		},
	}
}
