package e2e_test

import (
	"fmt"
	"testing"
	"time"

	segmentio "github.com/segmentio/kafka-go"

	"github.com/jackdawmq/jackdaw/cmd/broker/e2e/process"
)

func TestSegmentioWriterAndGroupReader(t *testing.T) {
	b := process.Start(t)
	createTopic(t, b.Addr, "segmentio", 2, nil)
	writer := &segmentio.Writer{
		Addr: segmentio.TCP(b.Addr), Topic: "segmentio", RequiredAcks: segmentio.RequireAll,
		BatchTimeout: time.Millisecond, MaxAttempts: 100, Compression: segmentio.Zstd,
	}
	defer func() { _ = writer.Close() }()
	const n = 200
	write := func(from, to int) {
		t.Helper()
		for i := from; i < to; i += 20 {
			batch := make([]segmentio.Message, 20)
			for j := range batch {
				batch[j].Value = fmt.Appendf(nil, "value-%06d", i+j)
			}
			if err := writer.WriteMessages(deadline(t), batch...); err != nil {
				t.Fatal(err)
			}
		}
	}
	write(0, n/2)
	b.Kill()
	b.Restart()
	write(n/2, n)

	reader := segmentio.NewReader(segmentio.ReaderConfig{
		Brokers: []string{b.Addr}, GroupID: "segmentio-group", Topic: "segmentio",
		MaxWait: 100 * time.Millisecond, StartOffset: segmentio.FirstOffset,
	})
	defer func() { _ = reader.Close() }()
	seen := map[string]bool{}
	for len(seen) < n {
		message, err := reader.FetchMessage(deadline(t))
		if err != nil {
			t.Fatalf("after %d messages: %v", len(seen), err)
		}
		seen[string(message.Value)] = true
		if err := reader.CommitMessages(deadline(t), message); err != nil {
			t.Fatal(err)
		}
	}
}

// TestSegmentioConn uses the low-level connection, which speaks the oldest versions that are still around.
func TestSegmentioConn(t *testing.T) {
	b := process.Start(t)
	createTopic(t, b.Addr, "conn", 1, nil)
	conn, err := segmentio.DialLeader(deadline(t), "tcp", b.Addr, "conn", 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.WriteMessages(segmentio.Message{Value: []byte("a")}, segmentio.Message{Value: []byte("b")}); err != nil {
		t.Fatal(err)
	}
	first, last, err := conn.ReadOffsets()
	if err != nil || first != 0 || last != 2 {
		t.Errorf("offsets %d to %d, %v; want 0 to 2", first, last, err)
	}
	if _, err := conn.Seek(0, segmentio.SeekStart); err != nil {
		t.Fatal(err)
	}
	message, err := conn.ReadMessage(1 << 20)
	if err != nil || string(message.Value) != "a" {
		t.Errorf("read %q, %v", message.Value, err)
	}
}
