package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jackdawmq/jackdaw/cmd/broker/kafkatools"
)

// newKafkaToolCommands are Kafka's tools as commands. They parse their own arguments.
func newKafkaToolCommands(a *app) []*cobra.Command {
	var commands []*cobra.Command
	for _, tool := range kafkatools.Tools() {
		commands = append(commands, &cobra.Command{
			Use: tool.Name, Short: tool.Short, DisableFlagParsing: true,
			RunE: func(cmd *cobra.Command, args []string) error {
				return exitWith(kafkatools.Run(cmd.Context(), tool.Name, args, a.std))
			},
		})
	}
	return commands
}

// exitWith turns an exit code into an error; 0 is none.
func exitWith(code int) error {
	if code == exitOK {
		return nil
	}
	return exitCodeError(code)
}

// newVerifiableCommand is Kafka's verifiable producer or consumer with a default for --bootstrap-server.
func newVerifiableCommand(a *app, role string) *cobra.Command {
	short := map[string]string{
		"producer": "Send increasing numbers, report each as a line of JSON",
		"consumer": "Consume as a group member, report each event as a line of JSON",
	}
	return &cobra.Command{
		Use: "verifiable-" + role, Short: short[role], DisableFlagParsing: true,
		Example: "  broker verifiable-producer --topic orders --max-messages 1000\n  broker verifiable-consumer --topic orders --group-id check",
		RunE: func(cmd *cobra.Command, args []string) error {
			isBootstrap := func(arg string) bool { return strings.HasPrefix(arg, "--bootstrap-server") }
			if len(args) > 0 && !slices.ContainsFunc(args, isBootstrap) {
				args = append([]string{"--bootstrap-server", defaultBootstrap}, args...)
			}
			return exitWith(kafkatools.Run(cmd.Context(), "kafka-verifiable-"+role, args, a.std))
		},
	}
}

func newToolsCommand(a *app) *cobra.Command {
	var withEnding, force bool
	link := &cobra.Command{
		Use: "link DIR", Short: "Make a link in DIR for each of Kafka's tools", Args: cobra.ExactArgs(1),
		Example: "  broker tools link /usr/local/bin && kafka-topics --bootstrap-server localhost:9092 --list",
		RunE: func(_ *cobra.Command, args []string) error {
			binary, err := os.Executable()
			if err != nil {
				return err
			}
			links, err := linkTools(binary, args[0], withEnding, force)
			if err != nil {
				return err
			}
			return a.report(links, "%s", strings.Join(links, "\n"))
		},
	}
	link.Flags().BoolVar(&withEnding, "sh", false, "make links that end in .sh, as Kafka's scripts do, beside those that don't")
	link.Flags().BoolVar(&force, "force", false, "replace files of these names")
	return newParentCommand("tools", "Install Kafka's tool names as links to this binary", link)
}

// linkTools makes symbolic links to binary in dir and returns their paths.
func linkTools(binary, dir string, withEnding, force bool) ([]string, error) {
	var links []string
	for _, name := range kafkatools.Names() {
		links = append(links, filepath.Join(dir, name))
		if withEnding {
			links = append(links, filepath.Join(dir, name+".sh"))
		}
	}
	for _, link := range links {
		if target, err := os.Readlink(link); err == nil && target == binary {
			continue
		}
		if force {
			if err := os.Remove(link); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, err
			}
		}
		err := os.Symlink(binary, link)
		if errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("%s exists; remove it, or replace it with --force", link)
		}
		if err != nil {
			return nil, err
		}
	}
	return links, nil
}
