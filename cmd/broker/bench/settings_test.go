package bench_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackdawmq/jackdaw/cmd/broker/bench"
)

func TestCombinations(t *testing.T) {
	for _, c := range []struct {
		sweeps string // separated by spaces
		want   string // batch.size/linger.ms/buffer.memory/compression.type/acks of each
		err    string
	}{
		{"", "16384/5/33554432/none/all", ""},
		{"batch.size=1,2", "1/5/33554432/none/all 2/5/33554432/none/all", ""},
		{"batch.size=1,2 linger.ms=0,7", "1/0/33554432/none/all 1/7/33554432/none/all 2/0/33554432/none/all 2/7/33554432/none/all", ""},
		{"linger.ms=0,7,acks=1", "16384/0/33554432/none/1 16384/7/33554432/none/1", ""},
		{"buffer.memory=99,compression.type=lz4,zstd", "16384/5/99/lz4/all 16384/5/99/zstd/all", ""},
		{"16384", "", "not of the form"},
		{"batch.size", "", "not of the form"},
		{"batch.size=1 batch.size=2", "", "batch.size is there twice"},
		{"batch.size=", "", `"" is not a number`},
		{"batch.size=4294967297", "", "is not a number"},
		{"batch.size=0", "", "not between"},
		{"linger.ms=-1", "", "not between"},
		{"buffer.memory=0", "", "not positive"},
		{"acks=2", "", "Invalid value 2 for configuration acks"},
		{"compression.type=lz5", "", "Invalid value lz5"},
		{"retries=1", "", `"retries" is none of`},
		{"batch.size=" + strings.Repeat("9,", 500) + "9", "", "more than 500"},
	} {
		all, _, err := bench.Combinations(bench.DefaultSettings(), strings.Fields(c.sweeps))
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s: %v, want %s", c.sweeps, err, c.err)
			}
			continue
		}
		var got []string
		for _, s := range all {
			var values []string
			for _, name := range bench.Names() {
				values = append(values, s.Value(name))
			}
			got = append(got, strings.Join(values, "/"))
		}
		if err != nil || strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v %v, want %s", c.sweeps, got, err, c.want)
		}
	}
}

func TestPayload(t *testing.T) {
	file := filepath.Join(t.TempDir(), "payload")
	for _, c := range []struct{ content, source, err string }{
		{"a\n\nbb\r\nccc", "3 lines of " + file, ""},
		{"\n\n", "", "has no lines"},
		{strings.Repeat("x", 17<<20), "", "longer than"},
	} {
		if err := os.WriteFile(file, []byte(c.content), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := bench.PayloadFromFile(file)
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%.10q: %v, want %s", c.content, err, c.err)
			}
			continue
		}
		if err != nil || got.Source != c.source {
			t.Errorf("%.10q: %+v %v", c.content, got, err)
		}
	}
	for _, size := range []int{0, -1, 1 << 30} {
		if _, err := bench.Synthetic(size); err == nil {
			t.Errorf("records of %d bytes were made", size)
		}
	}
}
