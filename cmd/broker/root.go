package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jackdawmq/jackdaw/cmd/broker/kafkatools"
	"github.com/jackdawmq/jackdaw/modules"
)

// Exit codes of the commands. Kafka's tools have their own, see kafkatools.
const (
	exitOK     = 0
	exitFailed = 1
	exitMisuse = 2
)

// exitCodeError ends the process with a code; what there was to say has been said.
type exitCodeError int

func (e exitCodeError) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// misuseError says that a command was called wrongly.
type misuseError struct{ message string }

func (e *misuseError) Error() string { return e.message }

func misusef(format string, args ...any) error { return &misuseError{fmt.Sprintf(format, args...)} }

// execute runs the command line args, args[0] being the program's name, and returns the exit code.
func execute(ctx context.Context, args []string, std kafkatools.Streams) int {
	if tool := toolOfLink(args[0]); tool != "" {
		return kafkatools.Run(ctx, tool, args[1:], std)
	}
	app := &app{std: std}
	root := newRootCommand(app)
	root.SetArgs(args[1:])
	root.SetIn(std.In)
	root.SetOut(std.Out)
	root.SetErr(std.Err)
	command, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	if code, ok := errors.AsType[exitCodeError](err); ok {
		return int(code)
	}
	fmt.Fprintf(std.Err, "broker: %s\n", app.explain(err))
	if _, ok := errors.AsType[*misuseError](err); ok || !app.started {
		fmt.Fprintf(std.Err, "Run '%s --help' for how to use it.\n", command.CommandPath())
		return exitMisuse
	}
	return exitFailed
}

// toolOfLink returns the Kafka tool that the program's name stands for, or "".
func toolOfLink(program string) string {
	name := strings.TrimSuffix(filepath.Base(program), ".sh")
	if slices.Contains(kafkatools.Names(), name) {
		return name
	}
	return ""
}

// newRootCommand assembles all commands. Without a command the program is the broker itself.
func newRootCommand(app *app) *cobra.Command {
	var flags configFlags
	root := &cobra.Command{
		Use:   "broker",
		Short: "Jackdaw, a broker for Kafka clients",
		Long: "Jackdaw, a broker for Kafka clients. Without a command it runs a standalone broker on 127.0.0.1:9092.\n" +
			"The commands below work against any Kafka cluster; name it with --bootstrap-server.",
		Args:          noSuchCommand,
		RunE:          func(c *cobra.Command, _ []string) error { return runBroker(c, flags) },
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(*cobra.Command, []string) error {
			app.started = true // from here on an error is a failure, not a misuse
			return app.checkFormat()
		},
	}
	flags.register(root)
	app.addGlobalFlags(root)
	root.AddGroup(
		&cobra.Group{ID: groupBroker, Title: "The broker:"},
		&cobra.Group{ID: groupData, Title: "Topics, groups and records:"},
		&cobra.Group{ID: groupCheck, Title: "Looking into things:"},
		&cobra.Group{ID: groupKafka, Title: "Kafka's tools, under their own names:"},
	)
	addTo := func(group string, commands ...*cobra.Command) {
		for _, c := range commands {
			c.GroupID = group
			root.AddCommand(c)
		}
	}
	compiledIn := modules.All()
	addTo(groupBroker, newRunCommand(), newConfigCommand(app, compiledIn), newModulesCommand(app, compiledIn), newGraphCommand(),
		newDoctorCommand(app, compiledIn))
	addTo(groupData, newTopicCommand(app), newGroupCommand(app), newProduceCommand(app), newConsumeCommand(app),
		newPluginCommand(app))
	addTo(groupCheck, newClusterCommand(app), newAPIVersionsCommand(app), newLogCommand(app), newBenchCommand(app),
		newVerifiableCommand(app, "producer"), newVerifiableCommand(app, "consumer"))
	addTo(groupKafka, newKafkaToolCommands(app)...)
	root.AddCommand(newToolsCommand(app), newVersionCommand(app))
	return root
}

// newParentCommand is a command that only holds others. Without one of them it shows its help.
func newParentCommand(use, short string, children ...*cobra.Command) *cobra.Command {
	parent := &cobra.Command{
		Use: use, Short: short,
		Args: noSuchCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	parent.AddCommand(children...)
	return parent
}

// noSuchCommand refuses what follows the name of a command that only takes other commands, and names those that are spelt alike.
func noSuchCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	cmd.SuggestionsMinimumDistance = 2
	hint := ""
	if alike := cmd.SuggestionsFor(args[0]); len(alike) > 0 {
		hint = "; did you mean " + strings.Join(alike, " or ") + "?"
	}
	return fmt.Errorf("unknown command %q for %q%s", args[0], cmd.CommandPath(), hint)
}

// The groups of the root's help text.
const (
	groupBroker = "broker"
	groupData   = "data"
	groupCheck  = "check"
	groupKafka  = "kafka"
)
