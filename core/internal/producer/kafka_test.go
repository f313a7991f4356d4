package producer_test

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/jackdawmq/jackdaw/core/internal/producer"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/record"
)

// TestLikeKafka repeats operations that were given to Kafka's own ProducerStateManager, and expects its answers and the
// state that it was in after each of them.
func TestLikeKafka(t *testing.T) {
	file, err := os.Open("testdata/kafka-4.3.1.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var p replayed
	lines := bufio.NewScanner(file)
	for number := 1; lines.Scan(); number++ {
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		operation, want, _ := strings.Cut(lines.Text(), " > ")
		answer, err := p.do(operation)
		if err != nil {
			t.Fatalf("line %d: %s: %v", number, operation, err)
		}
		if got := strings.TrimSpace(answer + " " + p.describe()); got != want {
			t.Fatalf("line %d: %s: answer is\n%s, Kafka's was\n%s", number, operation, got, want)
		}
	}
	if lines.Err() != nil || p.operations < 1000 {
		t.Errorf("%d operations, %v", p.operations, lines.Err())
	}
}

// replayed is the partition that operations are about.
type replayed struct {
	state      producer.State
	end        int64
	operations int
}

func (p *replayed) do(operation string) (string, error) {
	p.operations++
	name, arguments, _ := strings.Cut(operation, " ")
	switch name {
	case "new":
		p.state, p.end = producer.State{}, 0
	case "batch":
		return p.batch(arguments)
	case "marker":
		return p.marker(arguments)
	case "highWatermark":
		var offset int64
		_, err := fmt.Sscan(arguments, &offset)
		p.state.AdvanceHighWatermark(offset)
		return "", err
	case "expire":
		var now int64
		_, err := fmt.Sscan(arguments, &now)
		p.state.Expire(now, 1000)
		return "", err
	case "restart":
		snapshot := p.state.Snapshot()
		return "", p.state.Restore(snapshot)
	default:
		return "", fmt.Errorf("no operation %q", name)
	}
	return "", nil
}

func (p *replayed) batch(arguments string) (string, error) {
	h := record.NewHeader()
	var txn, origin string
	if _, err := fmt.Sscan(arguments, &h.ProducerID, &h.ProducerEpoch, &h.BaseSequence, &h.Count, &txn, &h.MaxTimestamp, &origin); err != nil {
		return "", err
	}
	h.BaseOffset, h.LastOffsetDelta = p.end, h.Count-1
	if txn == "txn" {
		h.Attributes = record.TransactionalBit
	}
	if origin != "replica" {
		from := map[string]producer.Origin{"client": producer.Client, "coordinator": producer.Coordinator}[origin]
		original, duplicate, err := p.state.Check(&h, from)
		if err != nil {
			return kafka.CodeOf(err).String(), nil
		}
		if duplicate {
			return fmt.Sprintf("DUP %d %d %d", original.BaseOffset, original.LastOffset, original.Timestamp), nil
		}
		p.state.Update(&h)
	} else if _, _, err := p.state.Replay(&h, nil); err != nil {
		return "", err
	}
	p.end += int64(h.Count)
	return "OK", nil
}

func (p *replayed) marker(arguments string) (string, error) {
	var m record.Marker
	var end, version string
	if _, err := fmt.Sscan(arguments, &m.ProducerID, &m.ProducerEpoch, &m.CoordinatorEpoch, &end, &version, &m.Timestamp); err != nil {
		return "", err
	}
	m.Type = map[string]record.ControlType{"commit": record.ControlCommit, "abort": record.ControlAbort}[end]
	if err := p.state.CheckMarker(m, version == "v2"); err != nil {
		return kafka.CodeOf(err).String(), nil
	}
	txn, ok := p.state.UpdateMarker(m, p.end)
	p.end++
	if !ok {
		return "OK", nil
	}
	return fmt.Sprintf("OK completed %d %d %v %d", txn.FirstOffset, txn.LastOffset, txn.Aborted, txn.LastStableOffset), nil
}

// describe prints the state as the file has it.
func (p *replayed) describe() string {
	unstable, ok := p.state.FirstUnstableOffset()
	if !ok {
		unstable = -1
	}
	var producers []string
	for _, x := range p.state.Producers() {
		lastOffset := p.end - 1
		for lastOffset >= 0 && !p.state.Needed(&record.Header{ProducerID: x.ID, BaseOffset: lastOffset}) {
			lastOffset--
		}
		producers = append(producers, fmt.Sprintf("%d:%d:%d:%d:%d:%d:%d",
			x.ID, x.Epoch, x.LastSequence, x.LastTimestamp, x.CoordinatorEpoch, x.TxnFirstOffset, lastOffset))
	}
	return fmt.Sprintf("U=%d [%s]", unstable, strings.Join(producers, " "))
}
