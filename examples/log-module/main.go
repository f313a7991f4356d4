// Command jackdaw-ring is a Jackdaw of one's own: the broker with all of its modules and one more. It runs like
// `broker run`, with the ring as its log:
//
//	go run . -c jackdaw.yaml --set example.ring.bytes=4194304
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"example.com/jackdaw-ring/ring"
	"github.com/jackdawmq/jackdaw/core/broker"
	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/modules"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stderr)
	stop()
	if errors.Is(err, flag.ErrHelp) {
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run runs the broker until ctx ends.
func run(ctx context.Context, args []string, usage io.Writer) error {
	b, err := newBroker(args, usage)
	if err != nil {
		return err
	}
	return b.Run(ctx)
}

// newBroker appends the module to those that Jackdaw has, and selects it.
func newBroker(args []string, usage io.Writer) (*broker.Broker, error) {
	sources := config.Sources{Environ: os.Environ(), Set: []string{"modules.log=ring"}}
	flags := flag.NewFlagSet("jackdaw-ring", flag.ContinueOnError)
	flags.SetOutput(usage)
	flags.StringVar(&sources.File, "c", "", "config `file`")
	flags.Func("set", "`key=value`; may be repeated", func(s string) error {
		sources.Set = append(sources.Set, s)
		return nil
	})
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	sources.Hostname, _ = os.Hostname() // only for listeners on all interfaces
	return broker.New(broker.Options{Modules: append(modules.All(), ring.Module()), Sources: sources})
}
