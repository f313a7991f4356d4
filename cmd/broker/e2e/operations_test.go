package e2e_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/jackdawmq/jackdaw/cmd/broker/e2e/process"
)

// runBroker runs the binary to its end and returns its exit code and output.
func runBroker(t *testing.T, args ...string) (code int, out string) {
	t.Helper()
	var both bytes.Buffer
	cmd := exec.CommandContext(deadline(t), process.Binary(t), args...)
	cmd.Stdout, cmd.Stderr = &both, &both
	cmd.Dir, cmd.Env = t.TempDir(), []string{}
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode(), both.String()
	}
	if err != nil {
		t.Fatal(err)
	}
	return 0, both.String()
}

func TestMistakesInSettingsExitWithTwo(t *testing.T) {
	code, out := runBroker(t, "run", "--set", "num.partitons=3", "--set", "node.id=x", "--set", "modules.log=sgment")
	if code != 2 {
		t.Errorf("exit code %d, want 2", code)
	}
	for _, want := range []string{"num.partitions", "node.id", "segment"} {
		if !strings.Contains(out, want) {
			t.Errorf("the output does not mention %s:\n%s", want, out)
		}
	}
}

func TestSecondBrokerOnTheSameFolderIsRefused(t *testing.T) {
	b := process.Start(t)
	code, out := runBroker(t, "run", "--set", "log.dirs="+b.Dir, "--set", "listeners=PLAINTEXT://"+process.FreeAddr(t), "--set", "jackdaw.admin.listener=")
	if code != 1 || !strings.Contains(out, b.Dir) {
		t.Errorf("exit code %d, want 1 and a message about %s:\n%s", code, b.Dir, out)
	}
}

func TestAddressInUseIsExplained(t *testing.T) {
	b := process.Start(t)
	code, out := runBroker(t, "run", "--set", "listeners=PLAINTEXT://"+b.Addr, "--set", "jackdaw.admin.listener=")
	if code != 1 || !strings.Contains(out, "PLAINTEXT") || !strings.Contains(out, b.Addr) {
		t.Errorf("exit code %d, want 1 and the listener's name and address:\n%s", code, out)
	}
}

func TestSecondSignalEndsAtOnce(t *testing.T) {
	b := process.Start(t)
	createTopic(t, b.Addr, "parked", 1, nil)
	// A fetch that waits for a minute keeps the drain busy.
	client := newClient(t, b.Addr, kgo.ConsumeTopics("parked"), kgo.FetchMaxWait(limit), kgo.FetchMinBytes(1<<20))
	go client.PollFetches(t.Context())
	produce(t, newClient(t, b.Addr), numbered("parked", 0, 1))
	b.Signal(syscall.SIGTERM)
	b.Signal(syscall.SIGTERM)
	b.Wait()
}

// TestComposeFileForKafka starts with the environment that Kafka's image documents for a single node.
func TestComposeFileForKafka(t *testing.T) {
	b := process.StartEnv(t,
		"KAFKA_NODE_ID=7",
		"KAFKA_PROCESS_ROLES=broker,controller",
		"KAFKA_LISTENERS=PLAINTEXT://{addr},CONTROLLER://localhost:29093",
		"KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://{addr}",
		"KAFKA_CONTROLLER_LISTENER_NAMES=CONTROLLER",
		"KAFKA_LISTENER_SECURITY_PROTOCOL_MAP=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
		"KAFKA_CONTROLLER_QUORUM_VOTERS=7@localhost:29093",
		"KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR=1",
		"KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR=1",
		"KAFKA_TRANSACTION_STATE_LOG_MIN_ISR=1",
		"KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS=0",
		"KAFKA_NUM_PARTITIONS=3",
		"KAFKA_HEAP_OPTS=-Xmx1G",
		"KAFKA_LOG_DIRS={dir}",
		"JACKDAW_JACKDAW_ADMIN_LISTENER={admin}",
	)
	client := newClient(t, b.Addr, kgo.AllowAutoTopicCreation())
	produce(t, client, numbered("compose", 0, 10))
	metadata, err := kadm.NewClient(client).Metadata(deadline(t), "compose")
	if err != nil {
		t.Fatal(err)
	}
	if n := len(metadata.Topics["compose"].Partitions); n != 3 || metadata.Brokers[0].NodeID != 7 {
		t.Errorf("%d partitions on broker %d, want 3 on 7", n, metadata.Brokers[0].NodeID)
	}
	b.Tells("KAFKA_HEAP_OPTS")
}

func TestListenersAdvertiseTheirOwnAddresses(t *testing.T) {
	inside, outside := process.FreeAddr(t), process.FreeAddr(t)
	_, port, _ := strings.Cut(outside, ":")
	b := process.StartEnv(t,
		"JACKDAW_LISTENERS=INSIDE://"+inside+",OUTSIDE://"+outside,
		"JACKDAW_ADVERTISED_LISTENERS=INSIDE://"+inside+",OUTSIDE://localhost:"+port,
		"JACKDAW_LISTENER_SECURITY_PROTOCOL_MAP=INSIDE:PLAINTEXT,OUTSIDE:PLAINTEXT",
		"JACKDAW_LOG_DIRS={dir}", "JACKDAW_JACKDAW_ADMIN_LISTENER={admin}",
	)
	_ = b
	for bootstrap, want := range map[string]string{inside: inside, outside: "localhost:" + port} {
		metadata, err := kadm.NewClient(newClient(t, bootstrap)).BrokerMetadata(deadline(t))
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("%s:%d", metadata.Brokers[0].Host, metadata.Brokers[0].Port); got != want {
			t.Errorf("a client of %s is told to connect to %s, want %s", bootstrap, got, want)
		}
	}
}

func TestOperatorsListener(t *testing.T) {
	b := process.Start(t)
	get := func(path string) string {
		t.Helper()
		resp, err := http.Get("http://" + b.Admin + path)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		text, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s, %v", path, resp.Status, err)
		}
		return string(text)
	}
	var report struct {
		Ready      bool
		Components []struct{ Name, State string }
	}
	if err := json.Unmarshal([]byte(get("/readyz")), &report); err != nil || !report.Ready || len(report.Components) < 6 {
		t.Errorf("/readyz answers %+v, %v", report, err)
	}
	get("/livez")
	client := newClient(t, b.Addr, kgo.AllowAutoTopicCreation())
	produce(t, client, numbered("metered", 0, 10))
	if metrics := get("/metrics"); !strings.Contains(metrics, "jackdaw_") {
		t.Error("/metrics has no metric of ours")
	}
}
