package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/jackdawmq/jackdaw/core/broker"
	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/modules"
)

// configFlags are the flags that say where settings come from.
type configFlags struct {
	file string
	set  []string
}

func (f *configFlags) register(c *cobra.Command) {
	c.Flags().StringVarP(&f.file, "config", "c", "", "config `FILE`: YAML, TOML, JSON or a Kafka server.properties")
	c.Flags().StringArrayVar(&f.set, "set", nil, "set a setting, `KEY=VALUE`; may be repeated and wins over the file and the environment")
}

func (f *configFlags) sources() config.Sources {
	hostname, err := os.Hostname()
	if err != nil {
		hostname = "localhost"
	}
	return config.Sources{File: f.file, Environ: os.Environ(), Set: f.set, Hostname: hostname}
}

// newRunCommand runs the broker in this process. It is also what the program does without a command.
func newRunCommand() *cobra.Command {
	var flags configFlags
	c := &cobra.Command{
		Use:   "run",
		Short: "Run the broker until SIGTERM; a second signal ends it at once",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return runBroker(c, flags) },
	}
	flags.register(c)
	return c
}

func runBroker(c *cobra.Command, flags configFlags) error {
	b, err := newBroker(flags)
	if err != nil {
		return err
	}
	if err := b.Run(c.Context()); err != nil {
		return fmt.Errorf("%w\n'broker doctor', with the same -c and --set, looks at addresses, directories and limits", err)
	}
	return nil
}

// newGraphCommand prints how the parts of a broker are wired.
func newGraphCommand() *cobra.Command {
	var flags configFlags
	c := &cobra.Command{
		Use:   "graph",
		Short: "Print the graph of the broker's parts in the DOT language",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			b, err := newBroker(flags)
			if err != nil {
				return err
			}
			_, err = fmt.Fprint(c.OutOrStdout(), b.Graph())
			return err
		},
	}
	flags.register(c)
	return c
}

// countMistakes is the sentence above or below a list of mistakes in the settings.
func countMistakes(problems config.Problems) string {
	what := "mistakes"
	if len(problems) == 1 {
		what = "mistake"
	}
	return fmt.Sprintf("%d %s in the settings; nothing was started or created.", len(problems), what)
}

// newBroker builds a broker. What is wrong with its settings is misuse: nothing has been started.
func newBroker(flags configFlags) (*broker.Broker, error) {
	b, err := broker.New(broker.Options{Modules: modules.All(), Sources: flags.sources()})
	if problems, ok := err.(config.Problems); ok { //nolint:errorlint // New returns it unwrapped
		return nil, misusef("%s\n%s", countMistakes(problems), problems)
	}
	return b, err
}
