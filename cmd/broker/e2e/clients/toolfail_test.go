package clients_test

import (
	"bytes"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackdawmq/jackdaw/cmd/broker/e2e/process"
)

// TestToolsFailLikeJava compares exit codes, standard output and standard error of commands that the broker refuses: what only
// controllers serve, credentials, loggers.
func TestToolsFailLikeJava(t *testing.T) {
	installed(t, "java/cp.txt")
	b := process.Start(t)
	for _, c := range []struct{ class, line string }{
		{"kafka.admin.ConfigCommand", "kafka-configs --bootstrap-controller ADDR --describe --broker 1"},
		{"kafka.admin.ConfigCommand", "kafka-configs --bootstrap-controller ADDR --describe --topic t"},
		{"kafka.admin.ConfigCommand", "kafka-configs --bootstrap-controller ADDR --alter --broker-logger 1 --add-config root=INFO"},
		{"kafka.admin.ConfigCommand", "kafka-configs --bootstrap-server ADDR --alter --user carol --delete-config SCRAM-SHA-256"},
		{"kafka.admin.ConfigCommand", "kafka-configs --bootstrap-server ADDR --describe --broker-logger 1"},
		{"kafka.admin.ConfigCommand", "kafka-configs --bootstrap-server ADDR --alter --broker-logger 1 --delete-config kafka.nope"},
		{tools + "ClusterTool", "kafka-cluster cluster-id --bootstrap-controller ADDR"},
		{tools + "ClusterTool", "kafka-cluster unregister --bootstrap-controller ADDR --id 4"},
		{tools + "ClusterTool", "kafka-cluster unregister --bootstrap-server ADDR --id 4"},
	} {
		t.Run(c.line, func(t *testing.T) {
			words := strings.Fields(strings.ReplaceAll(c.line, "ADDR", b.Addr))
			theirCode, theirOut, theirErr := outcome(t, java(t, c.class, words[1:]...))
			code, out, errs := outcome(t, command(t, process.Binary(t), words...))
			if code != theirCode || out != theirOut || !slices.Equal(errs, theirErr) {
				t.Errorf("exit %d, Java's %d\n%s%s\nJava:\n%s%s", code, theirCode, out, strings.Join(errs, "\n"), theirOut, strings.Join(theirErr, "\n"))
			}
		})
	}
}

// outcome runs a command and returns its exit code, its standard output, and the lines of its standard error without stack traces.
func outcome(t *testing.T, cmd *exec.Cmd) (code int, out string, errs []string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); cmd.ProcessState == nil {
		t.Fatal(err)
	}
	trace := regexp.MustCompile(`^\s*(at |\.\.\. |Caused by|$)`)
	for line := range strings.Lines(stderr.String()) {
		if !trace.MatchString(line) {
			errs = append(errs, strings.TrimSpace(line))
		}
	}
	return cmd.ProcessState.ExitCode(), stdout.String(), errs
}
