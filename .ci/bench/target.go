package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// target is something to measure.
type target interface {
	name() string
	start(ctx context.Context, dir string) (*process, error)
}

type jackdaw struct {
	label, binary string
	plugin        string // a file that is deployed at the start; none if empty
}

func (j *jackdaw) name() string { return j.label }

// pluginRef is what the plugin is deployed as.
const pluginRef = "bench@1"

func (j *jackdaw) start(ctx context.Context, dir string) (*process, error) {
	addr, admin, err := freeAddrs()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(j.binary, "run", "--set", "listeners=PLAINTEXT://"+addr, "--set", "log.dirs="+filepath.Join(dir, "data"),
		"--set", "jackdaw.admin.listener="+admin)
	if j.plugin != "" {
		cmd.Args = append(cmd.Args, "--set", "plugins="+pluginRef+"="+j.plugin)
	}
	return launch(ctx, cmd, addr, dir)
}

type kafka struct{ classpath string }

func (*kafka) name() string { return "kafka" }

func (k *kafka) start(ctx context.Context, dir string) (*process, error) {
	text, err := os.ReadFile(k.classpath)
	if err != nil {
		return nil, err
	}
	classpath := strings.TrimSpace(string(text))
	addr, controller, err := freeAddrs()
	if err != nil {
		return nil, err
	}
	properties := filepath.Join(dir, "server.properties")
	settings := fmt.Sprintf(kafkaProperties, controller, addr, controller, filepath.Join(dir, "data"))
	if err := os.WriteFile(properties, []byte(settings), 0o600); err != nil {
		return nil, err
	}
	format := exec.Command("java", "-cp", classpath, "kafka.tools.StorageTool", "format", "--standalone", "-t", "AAAAAAAAQAaAAAAAAAAAAA", "-c", properties)
	if out, err := format.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("formatting: %w\n%s", err, out)
	}
	// The flags of kafka-run-class.sh and kafka-server-start.sh.
	cmd := exec.Command("java", "-Xmx1G", "-Xms1G", "-server", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20",
		"-XX:InitiatingHeapOccupancyPercent=35", "-XX:+ExplicitGCInvokesConcurrent", "-XX:MaxInlineLevel=15",
		"-cp", classpath, "kafka.Kafka", properties)
	return launch(ctx, cmd, addr, dir)
}

const kafkaProperties = `process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=%s
listeners=PLAINTEXT://%s,CONTROLLER://%s
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs=%s
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
`

// launch starts a broker and waits until it answers a client.
func launch(ctx context.Context, cmd *exec.Cmd, addr, dir string) (*process, error) {
	out, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return nil, err
	}
	defer func() { _ = out.Close() }()
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd, addr: addr}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		if conn, err := net.Dial("tcp", addr); err == nil {
			_ = conn.Close()
			break
		}
		if ctx.Err() != nil {
			p.stop()
			return nil, fmt.Errorf("not ready after a minute, see its log")
		}
		time.Sleep(2 * time.Millisecond)
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(addr))
	if err != nil {
		return nil, err
	}
	defer client.Close()
	return p, client.Ping(ctx)
}

func freeAddrs() (first, second string, err error) {
	var addrs [2]string
	for i := range addrs {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return "", "", err
		}
		defer func() { _ = l.Close() }()
		addrs[i] = l.Addr().String()
	}
	return addrs[0], addrs[1], nil
}
