package partition

import (
	"strings"
	"testing"

	"github.com/jackdawmq/jackdaw/core/kafka"
)

// history builds leader epochs from "epoch start" pairs, through the text form.
func history(t *testing.T, text string) *leaderEpochs {
	t.Helper()
	var e leaderEpochs
	entries, err := decodeEpochs(checkpoint(text))
	if err != nil {
		t.Fatal(err)
	}
	e.load(entries)
	return &e
}

// checkpoint turns "0 0, 2 6" into the bytes of a leader-epoch-checkpoint file.
func checkpoint(text string) []byte {
	if text == "" {
		return []byte("0\n0\n")
	}
	lines := strings.Split(text, ", ")
	return []byte("0\n" + string(rune('0'+len(lines))) + "\n" + strings.Join(lines, "\n") + "\n")
}

func TestEpochsAssign(t *testing.T) {
	f := func(before string, epoch kafka.LeaderEpoch, start int64, after string) {
		t.Helper()
		e := history(t, before)
		e.assign(epoch, start)
		if got := string(e.encode()); got != string(checkpoint(after)) {
			t.Errorf("%q, epoch %d at %d: %q, want %q", before, epoch, start, got, checkpoint(after))
		}
	}
	f("", 0, 0, "0 0")
	f("0 0", 0, 0, "0 0")
	f("0 0", 0, 5, "0 0")
	f("0 0", 2, 0, "2 0") // nothing was written in epoch 0
	f("0 0", 2, 6, "0 0, 2 6")
	f("0 0, 2 6", 4, 6, "0 0, 4 6")
	f("0 0, 2 6", 1, 3, "0 0, 1 3") // contradicted entries go
	f("0 0", -1, 3, "0 0")
}

func TestEpochsTruncate(t *testing.T) {
	f := func(name string, act func(*leaderEpochs), after string) {
		t.Helper()
		e := history(t, "0 0, 2 6, 5 9")
		act(e)
		if got := string(e.encode()); got != string(checkpoint(after)) {
			t.Errorf("%s: %q, want %q", name, got, checkpoint(after))
		}
	}
	f("end inside", func(e *leaderEpochs) { e.truncateEnd(8) }, "0 0, 2 6")
	f("end at a start", func(e *leaderEpochs) { e.truncateEnd(6) }, "0 0")
	f("end behind all", func(e *leaderEpochs) { e.truncateEnd(20) }, "0 0, 2 6, 5 9")
	f("start inside", func(e *leaderEpochs) { e.truncateStart(4) }, "0 4, 2 6, 5 9")
	f("start at a start", func(e *leaderEpochs) { e.truncateStart(6) }, "2 6, 5 9")
	f("start behind all", func(e *leaderEpochs) { e.truncateStart(20) }, "5 20")
	f("start before all", func(e *leaderEpochs) { e.truncateStart(0) }, "0 0, 2 6, 5 9")
}

func TestEpochsEnd(t *testing.T) {
	e := history(t, "1 3, 2 6, 5 9")
	f := func(requested, epoch kafka.LeaderEpoch, end int64) {
		t.Helper()
		if gotEpoch, gotEnd := e.end(requested, 12); gotEpoch != epoch || gotEnd != end {
			t.Errorf("end of epoch %d: (%d, %d), want (%d, %d)", requested, gotEpoch, gotEnd, epoch, end)
		}
	}
	f(0, 0, 3)
	f(1, 1, 6)
	f(2, 2, 9)
	f(4, 2, 9)
	f(5, 5, 12)
	f(6, -1, -1)
	f(-1, -1, -1)
	if epoch := e.at(8); epoch != 2 {
		t.Errorf("offset 8 has epoch %d", epoch)
	}
	if epoch := e.at(2); epoch != kafka.NoEpoch {
		t.Errorf("offset 2 has epoch %d", epoch)
	}
}

func TestDecodeEpochsRefuses(t *testing.T) {
	for _, text := range []string{"1\n0\n", "0\n", "0\n2\n0 0\n", "0\n1\nx 0\n", "0\n1\n0\n", "0\n1\n-1 0\n", "0\n2\n1 0\n1 4\n", "0\n2\n0 4\n1 4\n"} {
		if l, err := decodeEpochs([]byte(text)); err == nil {
			t.Errorf("%q gives %v", text, l)
		}
	}
	if l, err := decodeEpochs(nil); l != nil || err != nil {
		t.Errorf("an empty file gives %v, %v", l, err)
	}
}

func FuzzDecodeEpochs(f *testing.F) {
	f.Add(checkpoint("0 0, 2 6"))
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := decodeEpochs(b)
		if err != nil || len(l) == 0 {
			return
		}
		var e leaderEpochs
		e.load(l)
		again, err := decodeEpochs(e.encode())
		if err != nil || len(again) != len(l) {
			t.Errorf("%v does not survive: %v, %v", l, again, err)
		}
	})
}
