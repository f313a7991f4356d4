package e2e_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/jackdawmq/jackdaw/cmd/broker/e2e/process"
)

// BenchmarkPlugin produces to a topic without a plugin and to one with a validator that looks at nothing, through real
// connections. Beside the throughput it reports the processor time that the broker took for a gigabyte.
func BenchmarkPlugin(b *testing.B) {
	path, err := filepath.Abs("../../../plugins/wasm/testdata/pass.wasm")
	if err != nil {
		b.Fatal(err)
	}
	br := process.Start(b, "plugins=pass@1="+path)
	client, err := kgo.NewClient(kgo.SeedBrokers(br.Addr), kgo.ProducerBatchCompression(kgo.NoCompression()), kgo.MaxBufferedRecords(50_000),
		kgo.ProducerBatchMaxBytes(100_000), kgo.ProducerLinger(0))
	if err != nil {
		b.Fatal(err)
	}
	defer client.Close()
	bound := map[string]*string{valueSlot: new("pass@1")}
	for name, configs := range map[string]map[string]*string{"native": {}, "judged": bound} {
		configs["retention.bytes"] = new("100000000")
		if _, err = kadm.NewClient(client).CreateTopic(b.Context(), 1, 1, configs, name); err != nil {
			b.Fatal(err)
		}
	}
	for _, size := range []int{100, 1000} {
		for _, topic := range []string{"native", "judged"} {
			b.Run(fmt.Sprintf("%dB/%s", size, topic), func(b *testing.B) { produceAll(b, br, client, topic, size) })
		}
	}
}

// produceAll sends b.N megabytes.
func produceAll(b *testing.B, br *process.Broker, client *kgo.Client, topic string, size int) {
	value := make([]byte, size)
	warm := client.ProduceSync(b.Context(), &kgo.Record{Topic: topic, Value: value})
	if err := warm.FirstErr(); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(1 << 20)
	before := processorTime(b, br.PID())
	for b.Loop() {
		for range 1 << 20 / size {
			client.Produce(context.Background(), &kgo.Record{Topic: topic, Value: value}, func(_ *kgo.Record, err error) {
				if err != nil {
					b.Error(err)
				}
			})
		}
	}
	if err := client.Flush(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric((processorTime(b, br.PID())-before).Seconds()*1000/float64(b.N), "cpu-s/GB")
}

// processorTime returns how long a process has run on processors.
func processorTime(b *testing.B, pid int) time.Duration {
	b.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Skip("processor times are read from /proc: ", err)
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	ticks := int64(0)
	for _, field := range fields[11:13] { // utime and stime
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			b.Fatal(err)
		}
		ticks += n
	}
	const perSecond = 100 // USER_HZ, the same on every Linux
	return time.Duration(ticks) * time.Second / perSecond
}
