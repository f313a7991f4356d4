package kafkatools

import (
	"context"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// groupPositions follows the position of a group member in each of its partitions and commits it, every interval and when
// partitions are given up. A Java consumer commits its position even where it read nothing, so that a group shows an offset for
// every partition; the Go client by itself commits only behind records.
type groupPositions struct {
	policy   string // auto.offset.reset
	interval time.Duration
	assigned chan struct{}

	mu     sync.Mutex
	client *kgo.Client // set by the first assignment
	owned  map[topicPartition]bool
	next   map[topicPartition]int64 // of those owned partitions whose position is known
}

func newGroupPositions(policy string, interval time.Duration) *groupPositions {
	return &groupPositions{policy: policy, interval: interval, assigned: make(chan struct{}), owned: map[topicPartition]bool{}, next: map[topicPartition]int64{}}
}

// run commits every interval until ctx is done.
func (g *groupPositions) run(ctx context.Context, client *kgo.Client) {
	ticker := time.NewTicker(max(g.interval, time.Millisecond))
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			g.commit(ctx, client)
		}
	}
}

// options hook the positions into a client. Their callbacks run on the client's goroutines.
func (g *groupPositions) options() []kgo.Opt {
	return []kgo.Opt{
		kgo.DisableAutoCommit(),
		kgo.OnPartitionsAssigned(g.onAssigned), kgo.AdjustFetchOffsetsFn(g.start),
		kgo.OnPartitionsRevoked(g.onRevoked), kgo.OnPartitionsLost(g.onLost),
	}
}

func (g *groupPositions) onAssigned(_ context.Context, client *kgo.Client, _ map[string][]int32) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.client == nil {
		g.client = client
		close(g.assigned)
	}
}

func (g *groupPositions) onRevoked(ctx context.Context, client *kgo.Client, revoked map[string][]int32) {
	g.commit(ctx, client)
	g.onLost(ctx, client, revoked)
}

func (g *groupPositions) onLost(_ context.Context, _ *kgo.Client, lost map[string][]int32) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for topic, partitions := range lost {
		for _, p := range partitions {
			delete(g.owned, topicPartition{topic, p})
			delete(g.next, topicPartition{topic, p})
		}
	}
}

// start resolves the offsets from which partitions without a committed offset start.
func (g *groupPositions) start(ctx context.Context, offsets map[string]map[int32]kgo.Offset) (map[string]map[int32]kgo.Offset, error) {
	g.mu.Lock()
	client := g.client
	g.mu.Unlock()
	var topics []string
	for topic, partitions := range offsets {
		for _, offset := range partitions {
			if offset.EpochOffset().Offset < 0 {
				topics = append(topics, topic)
				break
			}
		}
	}
	edges := kadm.ListedOffsets{}
	// Without an answer, or with another policy, the client resolves the offsets itself, later.
	switch {
	case len(topics) == 0:
	case g.policy == "earliest":
		edges, _ = kadm.NewClient(client).ListStartOffsets(ctx, topics...)
	case g.policy == "latest":
		edges, _ = kadm.NewClient(client).ListEndOffsets(ctx, topics...)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for topic, partitions := range offsets {
		for p, offset := range partitions {
			at := offset.EpochOffset().Offset
			if edge, ok := edges.Lookup(topic, p); at < 0 && ok && edge.Err == nil {
				at = edge.Offset
				partitions[p] = kgo.NewOffset().At(at)
			}
			g.owned[topicPartition{topic, p}] = true
			if at >= 0 {
				g.next[topicPartition{topic, p}] = at
			}
		}
	}
	return offsets, nil
}

// consumed moves the position behind a record. It ignores partitions that were taken away.
func (g *groupPositions) consumed(r *kgo.Record) {
	g.mu.Lock()
	defer g.mu.Unlock()
	p := topicPartition{r.Topic, r.Partition}
	if g.owned[p] {
		g.next[p] = r.Offset + 1
	}
}

// commit commits all positions. A commit that fails is repeated by the next; after the last one, records are read again.
func (g *groupPositions) commit(ctx context.Context, client *kgo.Client) {
	g.mu.Lock()
	offsets := map[string]map[int32]kgo.EpochOffset{}
	for p, at := range g.next {
		if offsets[p.topic] == nil {
			offsets[p.topic] = map[int32]kgo.EpochOffset{}
		}
		offsets[p.topic][p.partition] = kgo.EpochOffset{Epoch: -1, Offset: at}
	}
	g.mu.Unlock()
	if len(offsets) > 0 {
		client.CommitOffsetsSync(ctx, offsets, nil)
	}
}
