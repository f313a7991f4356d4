// Command broker is Jackdaw: a broker that speaks Kafka's protocol, its command line, and Kafka's own tools, in one binary.
// Called through a link named like one of Kafka's tools (kafka-topics, kafka-topics.sh) it is that tool.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/term"

	"github.com/jackdawmq/jackdaw/cmd/broker/kafkatools"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	std := kafkatools.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Prompt: term.IsTerminal(int(os.Stdin.Fd()))}
	code := execute(ctx, os.Args, std)
	stop()
	os.Exit(code)
}
