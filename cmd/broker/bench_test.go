package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackdawmq/jackdaw/cmd/broker/bench"
	"github.com/jackdawmq/jackdaw/cmd/broker/kafkatools"
)

// printed returns what a print method writes.
func printed(t *testing.T, do func(*app) error) string {
	t.Helper()
	var out bytes.Buffer
	if err := do(&app{std: kafkatools.Streams{Out: &out}, global: globalFlags{format: formatTable}}); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestBenchResult(t *testing.T) {
	settings := bench.DefaultSettings()
	settings.Compression = "lz4"
	got := printed(t, func(a *app) error {
		return a.printBench(bench.Result{Settings: &settings, Payload: "7 lines of orders.jsonl", Records: 5000, Bytes: 5_120_000, Seconds: 5,
			RecordsPerSecond: 1000, MBPerSecond: 1.024, Rate: 1000, Batches: bench.Batches{Count: 1250, BatchBytes: 4200.4, CompressionRatio: 2.5},
			Acknowledged: &bench.Percentiles{P50: 0.5, P90: 1, P99: 2.25, P999: 12, Max: 12.345},
			Consumed:     &bench.Percentiles{P50: 0.75, P90: 1.5, P99: 3, P999: 14, Max: 150}})
	})
	const want = `payload:      7 lines of orders.jsonl
records:      5000, 5.1 MB in 5.0 s
throughput:   1000 records/s, 1.0 MB/s
fixed rate:   1000 records/s
batches:      1250 of 4200 bytes on average (batch.size 16384)
compression:  2.50 : 1 (lz4)

LATENCY IN MS   P50   P90   P99   P999     MAX
acknowledged   0.50  1.00  2.25  12.00   12.35
consumed       0.75  1.50  3.00  14.00  150.00
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestBenchSweepTable(t *testing.T) {
	all, swept, err := bench.Combinations(bench.DefaultSettings(), []string{"batch.size=16384,1048576"})
	if err != nil {
		t.Fatal(err)
	}
	sweep := bench.Sweep{Swept: swept, Rate: 5000, Rounds: 3}
	for i, s := range all {
		scale := float64(i + 1)
		sweep.Rows = append(sweep.Rows, bench.Row{Settings: s,
			Throughput: &bench.Result{RecordsPerSecond: 90_000 * scale, MBPerSecond: 92.16 * scale,
				Batches: bench.Batches{BatchBytes: 15_500 * scale, CompressionRatio: 1}},
			Latency: &bench.Result{Acknowledged: &bench.Percentiles{P50: 0.5, P99: 2 * scale, P999: 10},
				Consumed: &bench.Percentiles{P50: 0.6, P99: 2.5 * scale, P999: 11}}})
	}
	sweep.Verdict = bench.Judge(sweep)
	got := printed(t, func(a *app) error { return a.printSweep(sweep) })
	const want = `BATCH.SIZE  RECORDS/S   MB/S  BATCH  RATIO  ACKED P50  ACKED P99  ACKED P999  CONSUMED P50  CONSUMED P99  CONSUMED P999
     16384      90000   92.2  15500   1.00       0.50       2.00       10.00          0.60          2.50          11.00  lowest latency
   1048576     180000  184.3  31000   1.00       0.50       4.00       10.00          0.60          5.00          11.00  fastest, best compromise

Latency in ms at 5000 records/s; batch: mean bytes before compression; the median of 3 rounds.

Fastest is batch.size=1048576 with 184 MB/s (p99 5.00 ms). Lowest latency has batch.size=16384: at 5000
records/s 99% of the records were consumed within 2.50 ms of being due (92.2 MB/s). The fastest is the best
compromise as well: none that reaches 80% of its throughput has a lower p99.

For throughput batch.size=1048576 is best (median 184 MB/s, with 16384 92.2).
For p99 batch.size=16384 is best (median 2.50 ms, with 1048576 5.00).
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestBenchCommands(t *testing.T) {
	_, must := fakeCluster(t)
	payload, plot := filepath.Join(t.TempDir(), "payload"), filepath.Join(t.TempDir(), "sweep.svg")
	if err := os.WriteFile(payload, []byte("one\nthree\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var result bench.Result
	out := must("", "bench", "produce", "--payload", payload, "--records", "10", "--warmup", "0", "--format", "json")
	if err := json.Unmarshal([]byte(out), &result); err != nil || result.Records != 10 || result.Bytes != 40 || result.Acknowledged == nil {
		t.Errorf("%v %s", err, out)
	}
	if out := must("", "bench", "consume", "--records", "10", "-p", "1"); !strings.Contains(out, "records:      10, ") || !strings.Contains(out, "\nfetch ") {
		t.Error(out)
	}
	out = must("", "bench", "latency", "--records", "10", "--warmup", "0", "--sweep", "linger.ms=0,1", "--rounds", "1", "--plot", plot)
	if !strings.Contains(out, "Lowest latency has linger.ms=") {
		t.Error(out)
	}
	if drawn, err := os.ReadFile(plot); err != nil || !bytes.HasPrefix(drawn, []byte("<svg ")) {
		t.Errorf("%v %s", err, drawn)
	}
	if entries, err := os.ReadDir(filepath.Dir(plot)); err != nil || len(entries) != 1 {
		t.Errorf("%v %v", entries, err)
	}
	if out := must("", "topic", "list", "--format", "json"); strings.TrimSpace(out) != "[]" {
		t.Errorf("topics were left: %s", out)
	}
}

func TestBenchMisuse(t *testing.T) {
	for args, want := range map[string]string{
		"produce topic":                                       "unknown command",
		"produce --plot x.svg":                                "there is no --sweep",
		"produce --rate 5":                                    "goes with --sweep",
		"produce --payload x --record-size 5":                 "both say what the records are",
		"produce --payload /does/not/exist":                   "/does/not/exist",
		"produce --record-size 0":                             "--record-size",
		"produce --duration 0s":                               "--duration must be positive",
		"produce --acks 2":                                    "Invalid value 2 for configuration acks",
		"produce --batch.size 0":                              "batch.size is 0",
		"produce --sweep retries=1":                           "is none of",
		"produce --sweep acks=1 --rounds 0":                   "at least once",
		"produce --sweep acks=1 --plot /does/not/exist/x.svg": "--plot",
		"latency --rate 0":                                    "at least one record a second",
		"consume --sweep acks=1":                              "unknown flag: --sweep",
	} {
		got := cli(t, "", append([]string{"bench"}, strings.Fields(args)...)...)
		if got.code != exitMisuse || !strings.Contains(got.stderr, want) {
			t.Errorf("%s: exit %d: %s", args, got.code, got.stderr)
		}
	}
}
