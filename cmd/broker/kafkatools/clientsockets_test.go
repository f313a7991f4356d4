package kafkatools_test

import (
	"context"
	"net"
	"strings"
	"syscall"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/jackdawmq/jackdaw/cmd/broker/kafkatools"
)

// The kernel keeps twice the size that was asked for, with a minimum of its own.
func TestSocketBuffers(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	client := open(t, kafkatools.Properties{"bootstrap.servers": "h:1", "send.buffer.bytes": "30000", "receive.buffer.bytes": "40000"})
	dial := client.OptValue(kgo.Dialer).(func(context.Context, string, string) (net.Conn, error))
	conn, err := dial(t.Context(), "tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	raw, err := conn.(syscall.Conn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	for option, asked := range map[int]int{syscall.SO_SNDBUF: 30000, syscall.SO_RCVBUF: 40000} {
		var got int
		var failed error
		if err := raw.Control(func(fd uintptr) { got, failed = syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, option) }); err != nil || failed != nil {
			t.Fatal(err, failed)
		}
		if got < asked || got > 2*asked {
			t.Errorf("buffer of %d bytes, asked for %d", got, asked)
		}
	}
}

// Lines that are longer than a batch are sent on their own, in their place.
func TestBatchSize(t *testing.T) {
	addr := newFake(t)
	long := strings.Repeat("x", 20_000)
	input := "first\n" + long + "\nlast\n"
	mustRun(t, input, "kafka-console-producer", "--bootstrap-server", addr, "--topic", "sizes", "--batch-size", "2000", "--timeout", "0",
		"--metadata-expiry-ms", "1", "--retry-backoff-ms", "5000", "--request-timeout-ms", "30000")
	if got := consumed(t, addr, "sizes", "3"); got != input {
		t.Errorf("%d bytes came back, want %d in the same order", len(got), len(input))
	}
	var batches []int
	reader, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.ConsumeTopics("small"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.WithHooks(batchCounter{&batches}))
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	mustRun(t, strings.Repeat(strings.Repeat("y", 400)+"\n", 20), "kafka-console-producer", "--bootstrap-server", addr, "--topic", "small",
		"--max-partition-memory-bytes", "2000", "--timeout", "1000")
	for read := 0; read < 20; {
		read += reader.PollFetches(t.Context()).NumRecords()
	}
	if len(batches) < 5 || batches[0] > 4 {
		t.Errorf("batches of %v records; at most 4 records of 400 bytes fit into 2000", batches)
	}
}

// batchCounter collects the number of records of each batch that a client fetches.
type batchCounter struct{ records *[]int }

func (b batchCounter) OnFetchBatchRead(_ kgo.BrokerMetadata, _ string, _ int32, m kgo.FetchBatchMetrics) {
	*b.records = append(*b.records, m.NumRecords)
}
