package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jackdawmq/jackdaw/sdk"
)

func newPluginNewCommand(a *app) *cobra.Command {
	var name, dir string
	cmd := &cobra.Command{
		Use: "new LANGUAGE KIND", Short: "Make a project for a plugin that builds and passes its test vectors", Args: cobra.ExactArgs(2),
		Long:    "Make a project for a plugin. Languages: " + strings.Join(sdk.Languages(), ", ") + ". Kinds: " + strings.Join(sdk.Kinds(), ", ") + ".",
		Example: "  broker plugin new c validator --name positive\n  cd positive && ./build.sh && broker plugin check positive.wasm",
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			switch len(args) {
			case 0:
				return sdk.Languages(), cobra.ShellCompDirectiveNoFileComp
			case 1:
				return sdk.Kinds(), cobra.ShellCompDirectiveNoFileComp
			}
			return nil, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if name == "" {
				name = "my-" + args[1]
			}
			files, err := sdk.Project(args[0], args[1], name)
			if err != nil {
				return &misuseError{err.Error()}
			}
			if dir == "" {
				dir = name
			}
			if err := writeProject(dir, files); err != nil {
				return err
			}
			return a.report(map[string]string{"directory": dir, "plugin": name}, "made %s; next: cd %s && ./build.sh && broker plugin check %s.wasm", dir, dir, name)
		},
	}
	cmd.Flags().StringVar(&name, "name", "", "name of the plugin (default my-KIND)")
	cmd.Flags().StringVar(&dir, "dir", "", "directory to make (default: the name)")
	return cmd
}

// writeProject writes files into a directory that is not there yet.
func writeProject(dir string, files []sdk.File) error {
	if _, err := os.Lstat(dir); err == nil {
		return fmt.Errorf("%s exists already; choose another --dir", dir)
	}
	for _, f := range files {
		path := filepath.Join(dir, filepath.FromSlash(f.Name))
		mode := os.FileMode(0o644)
		if f.Executable {
			mode = 0o755
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // a project is as readable as any other
			return err
		}
		if err := os.WriteFile(path, f.Content, mode); err != nil {
			return err
		}
	}
	return nil
}
