package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/term"

	"github.com/jackdawmq/jackdaw/cmd/broker/kafkatools"
)

const defaultBootstrap = "127.0.0.1:9092"

// app is what all commands share.
type app struct {
	std     kafkatools.Streams
	started bool // the arguments were accepted, the command runs
	global  globalFlags
}

// globalFlags are the flags of every command.
type globalFlags struct {
	bootstrap     string
	format        string
	timeout       time.Duration
	commandConfig string
}

func (a *app) addGlobalFlags(root *cobra.Command) {
	flags := root.PersistentFlags()
	flags.StringVarP(&a.global.bootstrap, "bootstrap-server", "b", "", "brokers to ask first, host:port separated by commas (default "+defaultBootstrap+")")
	flags.StringVar(&a.global.format, "format", formatTable, "output format: table or json")
	flags.DurationVar(&a.global.timeout, "timeout", 30*time.Second, "how long to wait for the cluster")
	flags.StringVar(&a.global.commandConfig, "command-config", "", "file of Java client properties: security, client.id")
	_ = root.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{formatTable, formatJSON}, cobra.ShellCompDirectiveNoFileComp))
}

// properties are the client properties: those of --command-config with the bootstrap servers.
func (a *app) properties() (kafkatools.Properties, error) {
	props := kafkatools.Properties{}
	if path := a.global.commandConfig; path != "" {
		loaded, err := kafkatools.LoadProperties(path)
		if err != nil {
			return nil, misusef("--command-config: %v", err)
		}
		props = loaded
	}
	switch {
	case a.global.bootstrap != "":
		for server := range strings.SplitSeq(a.global.bootstrap, ",") {
			if _, _, err := net.SplitHostPort(strings.TrimSpace(server)); err != nil {
				return nil, misusef("--bootstrap-server: %q is not host:port, such as %s", server, defaultBootstrap)
			}
		}
		props["bootstrap.servers"] = a.global.bootstrap
	case props["bootstrap.servers"] == "":
		props["bootstrap.servers"] = defaultBootstrap
	}
	return props, nil
}

// client opens nothing yet: its first request connects. The caller closes it.
func (a *app) client(opts ...kgo.Opt) (*kgo.Client, error) {
	props, err := a.properties()
	if err != nil {
		return nil, err
	}
	shared, err := props.ClientOptions()
	if err != nil {
		return nil, misusef("%v", err)
	}
	return kgo.NewClient(append(append(shared, kgo.RetryTimeout(a.global.timeout), kgo.MetadataMinAge(100*time.Millisecond)), opts...)...)
}

// withAdmin runs do with an admin client and a context that ends after --timeout.
func (a *app) withAdmin(ctx context.Context, do func(context.Context, *kadm.Client) error) error {
	client, err := a.client()
	if err != nil {
		return err
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(ctx, a.global.timeout)
	defer cancel()
	return do(ctx, kadm.NewClient(client))
}

// explain turns an error into a sentence that says what happened, where and what to do.
func (a *app) explain(err error) string {
	servers := a.global.bootstrap
	if servers == "" {
		servers = defaultBootstrap
	}
	code, isCode := errors.AsType[*kerr.Error](err)
	unknownHost, isUnknownHost := errors.AsType[*net.DNSError](err)
	switch {
	case errors.Is(err, kerr.UnknownTopicOrPartition):
		return err.Error() + " 'broker topic list' shows what there is."
	case isUnknownHost:
		return fmt.Sprintf("the host name %s has no address (%s)", unknownHost.Name, unknownHost.Err)
	case isCode && err.Error() == code.Error():
		return fmt.Sprintf("the cluster answered %s: %s", code.Message, code.Description)
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Sprintf("nothing listens at %s; start a broker with 'broker', or name another with --bootstrap-server", servers)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("no answer from %s within %s; is it a Kafka listener, and reachable? --timeout waits longer", servers, a.global.timeout)
	case errors.Is(err, context.Canceled):
		return "interrupted"
	}
	return err.Error()
}

// withMessage adds what the broker said beside an error code.
func withMessage(subject string, err error, message string) error {
	if err == nil {
		return nil
	}
	if message == "" {
		return fmt.Errorf("%s: %w", subject, err)
	}
	code := err.Error()
	if known, ok := errors.AsType[*kerr.Error](err); ok {
		code = known.Message
	}
	return fmt.Errorf("%s: %s (%s)", subject, strings.TrimSuffix(message, "."), code)
}

// isTerminal reports whether a stream is a terminal.
func isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
