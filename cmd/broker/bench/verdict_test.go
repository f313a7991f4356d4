package bench_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackdawmq/jackdaw/cmd/broker/bench"
)

var update = flag.Bool("update", false, "write the golden files")

// fixedSweep has made-up figures of throughput and of p99.
func fixedSweep(throughput bool) bench.Sweep {
	all, swept, err := bench.Combinations(bench.DefaultSettings(), []string{"batch.size=16384,1048576", "linger.ms=0,20"})
	if err != nil {
		panic(err)
	}
	sweep := bench.Sweep{Swept: swept, Rate: 5000, Rounds: 3}
	for i, mbps := range []float64{90, 100, 185, 200} {
		s := all[i]
		row := bench.Row{Settings: s, Latency: &bench.Result{Consumed: &bench.Percentiles{
			P50: []float64{0.5, 10, 0.6, 11}[i], P99: []float64{2.25, 24, 3.5, 25}[i]}, Payload: "900 lines of <orders>.jsonl"}}
		if throughput {
			row.Throughput = &bench.Result{MBPerSecond: mbps, RecordsPerSecond: 1000 * mbps}
		}
		sweep.Rows = append(sweep.Rows, row)
	}
	sweep.Verdict = bench.Judge(sweep)
	return sweep
}

func TestVerdict(t *testing.T) {
	both := fixedSweep(true).Verdict
	if both.Fastest != 3 || both.LowestLatency != 0 || both.Compromise != 2 {
		t.Errorf("%+v", both)
	}
	const want = "Fastest is batch.size=1048576 linger.ms=20 with 200 MB/s (p99 25.0 ms). Lowest latency has batch.size=16384 linger.ms=0: " +
		"at 5000 records/s 99% of the records were consumed within 2.25 ms of being due (90.0 MB/s). The best compromise is " +
		"batch.size=1048576 linger.ms=0: the lowest p99, 3.50 ms, of all that reach 80% of the best throughput; it reaches 92%, 185 MB/s."
	if both.Text != want {
		t.Errorf("%s\nwant %s", both.Text, want)
	}
	effects := []string{
		"For throughput batch.size=1048576 is best (median 192 MB/s, with 16384 95.0).",
		"batch.size makes little difference to p99.",
		"linger.ms makes little difference to throughput.",
		"For p99 linger.ms=0 is best (median 2.88 ms, with 20 24.5).",
	}
	if len(both.Effects) != len(effects) {
		t.Fatalf("%q", both.Effects)
	}
	for i, sentence := range both.Effects {
		if sentence != effects[i] {
			t.Errorf("%s\nwant %s", sentence, effects[i])
		}
	}
	alone := fixedSweep(false).Verdict
	if alone.Fastest != -1 || alone.LowestLatency != 0 || alone.Compromise != -1 || len(alone.Effects) != 2 {
		t.Errorf("%+v", alone)
	}
}

func TestVerdictOfLittleDifference(t *testing.T) {
	sweep := fixedSweep(true)
	for i := range sweep.Rows {
		sweep.Rows[i].Throughput.MBPerSecond = 100 + float64(i)
	}
	if got := bench.Judge(sweep).Effects[0]; got != "batch.size makes little difference to throughput." {
		t.Error(got)
	}
	sweep.Rows[0].Throughput.MBPerSecond = 200
	const want = "batch.size=16384 linger.ms=0 is the fastest with 200 MB/s and has the lowest latency: " +
		"at 5000 records/s 99% of the records were consumed within 2.25 ms of being due."
	if got := bench.Judge(sweep).Text; got != want {
		t.Error(got)
	}
	sweep = fixedSweep(false)
	sweep.Rows[2].Latency.Consumed.P99 = 2.4
	const close = "Lowest latency has batch.size=16384 linger.ms=0: at 5000 records/s 99% of the records were consumed within 2.25 ms of being due" +
		"; so close that runs of the same settings may differ as much: 1 other."
	if got := bench.Judge(sweep).Text; got != close {
		t.Error(got)
	}
	sweep = fixedSweep(true)
	sweep.Rows[2].Throughput.MBPerSecond = 100
	if got := bench.Judge(sweep); got.Compromise != got.Fastest ||
		!strings.HasSuffix(got.Text, "The fastest is the best compromise as well: none that reaches 80% of its throughput has a lower p99.") {
		t.Error(got.Text)
	}
	if got := bench.Judge(bench.Sweep{}); got.Fastest != -1 || got.LowestLatency != -1 || got.Text != "Nothing was measured." {
		t.Errorf("%+v", got)
	}
}

func TestPlot(t *testing.T) {
	for name, sweep := range map[string]bench.Sweep{"produce.svg": fixedSweep(true), "latency.svg": fixedSweep(false)} {
		var got bytes.Buffer
		if err := sweep.Plot(&got); err != nil {
			t.Fatal(err)
		}
		golden := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(golden, got.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), want) {
			t.Errorf("%s: %s", name, got.String())
		}
		for decoder := xml.NewDecoder(&got); ; {
			if _, err := decoder.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s is no XML: %v", name, err)
			}
		}
	}
}
