package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/jackdawmq/jackdaw/core/plugin"
)

// defaultAdmin is where the operators' listener of a broker on this machine is.
const defaultAdmin = "http://127.0.0.1:9644"

func newPluginCommand(a *app) *cobra.Command {
	o := &operators{app: a}
	cmd := newParentCommand("plugin", "Check, deploy and bind WebAssembly plugins",
		newPluginNewCommand(a), newPluginCheckCommand(a), newPluginBenchCommand(a), newPluginRunCommand(a),
		newPluginDeployCommand(o), newPluginListCommand(o), newPluginDescribeCommand(o), newPluginLogsCommand(o), newPluginReleaseCommand(o),
		newPluginRemoveCommand(o), newPluginBindCommand(o), newPluginUnbindCommand(o))
	cmd.PersistentFlags().StringVar(&o.address, "admin", defaultAdmin, "operators' listener of a broker, for deploy, list, describe, remove, logs and release")
	return cmd
}

// operators is the operators' HTTP listener of a broker; core/internal/admin/openapi.yaml describes it.
type operators struct {
	*app
	address string
}

// sameBroker reports whether the listener may be taken for that of the cluster that is asked: it was named, or both are
// where a broker on this machine has them.
func (o *operators) sameBroker(cmd *cobra.Command) bool {
	return cmd.Flags().Changed("admin") || o.global.bootstrap == "" && o.global.commandConfig == ""
}

// call sends a request and decodes the answer into result, which may be nil. The path's variable parts are escaped.
func (o *operators) call(ctx context.Context, method, path, contentType string, body []byte, result any) error {
	ctx, cancel := context.WithTimeout(ctx, o.global.timeout)
	defer cancel()
	base := strings.TrimSuffix(o.address, "/")
	if !strings.Contains(base, "://") {
		base = "http://" + base
	}
	request, err := http.NewRequestWithContext(ctx, method, base+path, bytes.NewReader(body))
	if err != nil {
		return misusef("--admin: %v", err)
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	response, err := http.DefaultClient.Do(request)
	if errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("no broker has its operators' listener at %s; name another with --admin", base)
	}
	if err != nil {
		return fmt.Errorf("operators' listener: %w", err)
	}
	answer, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return fmt.Errorf("operators' listener: %w", err)
	}
	if response.StatusCode >= http.StatusBadRequest {
		return problemOf(response.Status, answer)
	}
	if result == nil || len(answer) == 0 {
		return nil
	}
	if err := json.Unmarshal(answer, result); err != nil {
		return fmt.Errorf("the operators' listener at %s answered something else than expected: %w", base, err)
	}
	return nil
}

// problemOf is the error that an answer tells.
func problemOf(status string, answer []byte) error {
	var problem struct {
		Error   string   `json:"error"`
		Reasons []string `json:"reasons"`
	}
	if json.Unmarshal(answer, &problem) != nil || problem.Error == "" {
		return fmt.Errorf("the operators' listener answered %s: %s", status, strings.TrimSpace(string(answer)))
	}
	if len(problem.Reasons) > 0 {
		return refused("this", problem.Reasons)
	}
	return errors.New(problem.Error)
}

// refused lists why what comes from a file is no plugin.
func refused(file string, reasons []string) error {
	return fmt.Errorf("%s is not a plugin that can run:\n%s", file, list(reasons))
}

// list puts each line behind a dash.
func list(lines []string) string { return "  - " + strings.Join(lines, "\n  - ") }

// versionPath is where a version of a plugin is at the listener.
func versionPath(ref plugin.Ref) string {
	return "/plugins/" + url.PathEscape(ref.Name) + "/versions/" + url.PathEscape(ref.Version)
}

// pluginVersion is a version of a plugin as the listener shows it.
type pluginVersion struct {
	Name       string   `json:"name"`
	Version    string   `json:"version"`
	Digest     string   `json:"digest"`
	Size       int      `json:"size"`
	Kinds      []string `json:"kinds"`
	Functions  []string `json:"functions"`
	Imports    []string `json:"imports"`
	DeployedAt *string  `json:"deployed_at"`
	Deployer   string   `json:"deployer"`
	Builtin    bool     `json:"builtin"`
	BoundTo    []string `json:"bound_to"`
	LoadFailed string   `json:"load_failed"`
}

func (v *pluginVersion) ref() string { return v.Name + "@" + v.Version }

// state is what there is to know in a word.
func (v *pluginVersion) state() string {
	switch {
	case v.LoadFailed != "":
		return "can't run: " + v.LoadFailed
	case v.Builtin:
		return "part of the broker"
	default:
		return "ready"
	}
}

// parseVersion reads name@version.
func parseVersion(s string) (plugin.Ref, error) {
	ref, err := plugin.ParseRef(s)
	switch {
	case err == nil && ref.Digest.IsZero():
		return ref, nil
	case err == nil:
		return ref, misusef("%q is a digest: want name@version", s)
	case !strings.Contains(s, "@"):
		return ref, misusef("%q names no version: want name@version, as in %s@1", s, s)
	}
	return ref, &misuseError{err.Error()}
}

// completePlugins offers the plugins that are deployed: names, or name@version.
func (o *operators) completePlugins(position int, refs bool) completionFunc {
	return func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) != position {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		o.global.timeout = min(o.global.timeout, completionTimeout)
		var versions []pluginVersion
		if err := o.call(cmd.Context(), http.MethodGet, "/plugins", "", nil, &versions); err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		var names []string
		for i := range versions {
			switch {
			case refs:
				names = append(names, versions[i].ref())
			case len(names) == 0 || names[len(names)-1] != versions[i].Name:
				names = append(names, versions[i].Name)
			}
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}
