package faults_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/jackdawmq/jackdaw/core/kafka"
)

// TestLedgerSeesEveryKindOfLoss shows the ledger a partition with one thing wrong at a time.
func TestLedgerSeesEveryKindOfLoss(t *testing.T) {
	tp := kafka.TopicPartition{Topic: "orders", Partition: 1}
	stored := func(values ...string) (records []*kgo.Record) {
		for i, v := range values {
			records = append(records, &kgo.Record{Topic: tp.Topic, Partition: tp.Partition, Offset: int64(i), Value: []byte(v)})
		}
		return records
	}
	a0, a1, a2, b0 := value("a", tp, 0), value("a", tp, 1), value("a", tp, 2), value("b", tp, 0)
	whole := []string{a0, b0, a1, a2}
	for name, c := range map[string]struct {
		values []string
		want   string // "" for nothing
	}{
		"whole":             {whole, ""},
		"lost at the end":   {whole[:3], "lost"},
		"lost in between":   {[]string{a0, b0, a2}, "lost, or reordered"},
		"twice":             {append(slices.Clone(whole), a2), "twice"},
		"reordered":         {[]string{a0, b0, a2, a1}, "reordered"},
		"never sent":        {append(slices.Clone(whole), value("a", tp, 3)), "phantom"},
		"no record of ours": {append(slices.Clone(whole), "x"), "phantom"},
		"foreign partition": {append(slices.Clone(whole), value("a", kafka.TopicPartition{Topic: "orders"}, 3)), "phantom"},
		"other offset":      {[]string{b0, a0, a1, a2}, "was acknowledged as"},
	} {
		var said []string
		l := newLedger(func(format string, args ...any) { said = append(said, fmt.Sprintf(format, args...)) })
		for i, producer := range []string{"a", "b", "a", "a"} {
			r := l.send(producer, tp)
			r.Offset = int64(i)
			l.ack(r)
		}
		l.check(map[kafka.TopicPartition][]*kgo.Record{tp: stored(c.values...)})
		if all := strings.Join(said, "\n"); c.want == "" && all != "" || !strings.Contains(all, c.want) {
			t.Errorf("%s: the ledger says %q, want %q", name, all, c.want)
		}
	}
}

// TestLedgerFollowsTheGroup shows it a consumer that skips records, gets others, or goes back behind a commit.
func TestLedgerFollowsTheGroup(t *testing.T) {
	tp := kafka.TopicPartition{Topic: "orders"}
	record := func(offset int64, v string) *kgo.Record {
		return &kgo.Record{Topic: tp.Topic, Offset: offset, Value: []byte(v)}
	}
	for want, last := range map[string]*kgo.Record{
		"":            record(2, "2"),
		"after 2":     record(5, "5"),
		"consumed as": record(1, "x"),
		"came again":  record(0, "0"),
		"is lost":     record(3, "3"),
	} {
		var said []string
		l := newLedger(func(format string, args ...any) { said = append(said, fmt.Sprintf(format, args...)) })
		for i := range int64(3) {
			l.consume(record(i, fmt.Sprint(i)))
		}
		l.commit(tp, 1)
		l.consume(last)
		l.checkSeen(tp, "consumed", l.partitions[tp].consumed, []*kgo.Record{record(0, "0"), record(1, "1"), record(2, "2")})
		if all := strings.Join(said, "\n"); want == "" && all != "" || !strings.Contains(all, want) {
			t.Errorf("after offset %d the ledger says %q, want %q", last.Offset, all, want)
		}
	}
}
