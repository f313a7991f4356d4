package partition

import (
	"errors"
	"testing"

	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/record"
)

// epochsLog is a log of which tests need the side file of leader epochs only.
type epochsLog struct {
	log.Log
	file string
	err  error
}

func (l *epochsLog) LoadEpochs() ([]byte, error) { return []byte(l.file), l.err }

func (l *epochsLog) SaveEpochs(b []byte) error {
	if l.err == nil {
		l.file = string(b)
	}
	return l.err
}

func newEpochsPartition(l log.Log) *Partition {
	p := &Partition{set: &Set{Settings: Settings{Log: zap.NewNop()}}, log: l}
	p.role.Store(&role{})
	return p
}

func TestRestoreEpochs(t *testing.T) {
	f := func(name, file string, replayed []epochEntry, start, end int64, want string, unsaved bool) {
		t.Helper()
		l := &epochsLog{file: file}
		p := newEpochsPartition(l)
		p.restoreEpochs(l, replayed, log.Status{StartOffset: start, EndOffset: end})
		if got := string(p.epochs.encode()); got != string(checkpoint(want)) || p.epochs.unsaved.Load() != unsaved {
			t.Errorf("%s: %q, to be saved %v; want %q, %v", name, got, p.epochs.unsaved.Load(), checkpoint(want), unsaved)
		}
	}
	two := string(checkpoint("0 0, 2 6"))
	f("as it was", two, nil, 0, 9, "0 0, 2 6", false)
	f("the log lost what epoch 2 wrote", two, nil, 0, 6, "0 0", false)
	f("the log begins later", two, nil, 4, 9, "0 4, 2 6", false)
	f("replay comes across known epochs", two, []epochEntry{{0, 3}, {2, 6}}, 0, 9, "0 0, 2 6", false)
	f("replay comes across a new epoch", two, []epochEntry{{2, 6}, {3, 8}}, 0, 9, "0 0, 2 6, 3 8", true)
	f("the side file is unreadable", "garbage", []epochEntry{{0, 0}, {2, 6}}, 0, 9, "0 0, 2 6", true)
}

func TestReplayNotesEpochs(t *testing.T) {
	h := &host{p: newEpochsPartition(nil)}
	for offset, epoch := range []kafka.LeaderEpoch{0, 0, 2, 2, 5} {
		header := record.NewHeader()
		header.BaseOffset, header.LeaderEpoch = int64(offset), epoch
		if err := h.Replay(&header, nil); err != nil {
			t.Fatal(err)
		}
	}
	want := []epochEntry{{0, 0}, {2, 2}, {5, 4}}
	if len(h.replayed) != len(want) || h.replayed[1] != want[1] || h.replayed[2] != want[2] {
		t.Errorf("replay came across %v, want %v", h.replayed, want)
	}
}

func TestSaveEpochs(t *testing.T) {
	f := func(name string, saved bool, spoil func(*Partition, *epochsLog)) {
		t.Helper()
		l := &epochsLog{}
		p := newEpochsPartition(l)
		p.epochs.assign(3, 0)
		p.epochs.unsaved.Store(true)
		spoil(p, l)
		err := p.saveEpochs()
		if !errors.Is(err, l.err) || (l.file != "") != saved || p.epochs.unsaved.Load() == saved {
			t.Errorf("%s: file %q, still to be saved %v, %v", name, l.file, p.epochs.unsaved.Load(), err)
		}
	}
	f("new epochs", true, func(*Partition, *epochsLog) {})
	f("of a deleted partition", false, func(p *Partition, _ *epochsLog) { p.role.Store(nil) })
	f("of one that is offline", false, func(p *Partition, _ *epochsLog) { p.failed.Store(true) })
	f("a full disk", false, func(_ *Partition, l *epochsLog) { l.err = errors.New("disk full") })
}
