package faults_test

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/jackdawmq/jackdaw/core/kafka"
)

// latest writes ever larger numbers under a few keys to a compacted partition, which must keep the last one of each key.
type latest struct {
	t       *testing.T
	addr    string
	tp      kafka.TopicPartition
	stop    context.CancelFunc
	running sync.WaitGroup
	sent    map[string]int // last number by key, all acknowledged; read once running is done
}

// latestKeys is how many keys there are.
const latestKeys = 7

func startLatest(t *testing.T, addr string, tp kafka.TopicPartition) *latest {
	t.Helper()
	l := &latest{t: t, addr: addr, tp: tp, sent: map[string]int{}}
	client := newClient(t, addr, kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerLinger(0), kgo.StopProducerOnDataLossDetected())
	ctx, cancel := context.WithCancel(t.Context())
	l.stop = cancel
	l.running.Go(func() { l.write(ctx, client) })
	return l
}

func (l *latest) write(ctx context.Context, client *kgo.Client) {
	for n := 0; ctx.Err() == nil; n++ {
		key := strconv.Itoa(n % latestKeys)
		r := &kgo.Record{Topic: l.tp.Topic, Partition: l.tp.Partition, Key: []byte(key), Value: []byte(strconv.Itoa(n))}
		if err := client.ProduceSync(context.WithoutCancel(ctx), r).FirstErr(); err != nil {
			l.t.Errorf("%s: producing %d: %v", l.tp, n, err)
			return
		}
		l.sent[key] = n
		pause(ctx, time.Millisecond)
	}
}

// end stops writing and checks what the partition holds: offsets and the numbers of each key only rise, none is unknown,
// and the last one of each key is there.
func (l *latest) end() {
	l.t.Helper()
	l.stop()
	l.running.Wait()
	ctx, cancel := context.WithTimeout(l.t.Context(), hang)
	defer cancel()
	last, offset := map[string]int{}, int64(-1)
	records := readAll(ctx, l.t, l.addr, []kafka.TopicPartition{l.tp})[l.tp]
	for _, r := range records {
		n, err := strconv.Atoi(string(r.Value))
		before, seen := last[string(r.Key)]
		if err != nil || r.Offset <= offset || seen && n <= before || n > l.sent[string(r.Key)] || strconv.Itoa(n%latestKeys) != string(r.Key) {
			l.t.Errorf("%s: offset %d holds %s=%q after offset %d and %s=%d", l.tp, r.Offset, r.Key, r.Value, offset, r.Key, before)
		}
		last[string(r.Key)], offset = n, r.Offset
	}
	for key, want := range l.sent {
		if last[key] != want {
			l.t.Errorf("%s: the last value of key %s is %d, want %d", l.tp, key, last[key], want)
		}
	}
	l.t.Logf("%d of %d records are left after compaction", len(records), offset+1)
}
