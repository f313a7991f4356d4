package kafkatools_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What Kafka's own dump-log printed for files that Kafka wrote. It groups what it complains about by file in the order of a hash
// table, so lines of standard error are compared sorted.
func TestDumpLogOfKafkasFiles(t *testing.T) {
	for _, partition := range []string{"orders-0", "compacted-0"} {
		t.Run(partition, func(t *testing.T) {
			wantOut, wantErr := golden(t, partition+".out"), golden(t, partition+".err")
			t.Chdir("../../../modules/log/segment/testdata/kafka")
			files, err := filepath.Glob(partition + "/0*")
			if err != nil || len(files) == 0 {
				t.Fatal(files, err)
			}
			got := run(t.Context(), []string{"kafka-dump-log", "--files", strings.Join(files, ","), "--deep-iteration"}, "")
			if got.Exit != 0 || got.Stdout != wantOut {
				t.Errorf("exit %d, %s", got.Exit, firstDifference(got.Stdout, wantOut))
			}
			dir, err := os.Getwd()
			if err != nil {
				t.Fatal(err)
			}
			gotErr := strings.ReplaceAll(got.Stderr, dir, "DIR")
			if g, w := sortedLines(gotErr), sortedLines(wantErr); g != w {
				t.Error("standard error:", firstDifference(g, w))
			}
		})
	}
}

// Kafka's dump of snapshots and a segment of its own cluster metadata.
func TestDumpLogOfClusterMetadata(t *testing.T) {
	want := golden(t, "kraft.out")
	t.Chdir("testdata/dump-log/kraft")
	files, err := filepath.Glob("*")
	if err != nil || len(files) != 3 {
		t.Fatal(files, err)
	}
	got := run(t.Context(), []string{"kafka-dump-log", "--files", strings.Join(files, ","), "--cluster-metadata-decoder"}, "")
	if got.Exit != 0 || got.Stdout != want || got.Stderr != "" {
		t.Errorf("exit %d, %s%s", got.Exit, firstDifference(got.Stdout, want), got.Stderr)
	}
	skipped := run(t.Context(), []string{"kafka-dump-log", "--files", "bootstrap.checkpoint", "--cluster-metadata-decoder", "--skip-record-metadata"}, "").Stdout
	if !strings.Contains(skipped, "isvalid: true\n\nbaseOffset: 1 ") || !strings.Contains(skipped, "\n| payload: {\"type\":\"FEATURE_LEVEL_RECORD\"") {
		t.Errorf("without metadata of records:\n%s", skipped)
	}
	noKey := run(t.Context(), []string{"kafka-dump-log", "--files", "00000000000000000000.log", "--offsets-decoder"}, "")
	if noKey.Exit != 1 || !strings.Contains(noKey.Stderr, "using the specified decoder (message had a missing key)") {
		t.Errorf("exit %d: %s", noKey.Exit, noKey.Stderr)
	}
}

func golden(t *testing.T, name string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "dump-log", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func sortedLines(text string) string {
	return strings.Join(slices.Sorted(strings.Lines(text)), "")
}

// firstDifference names the first line that differs.
func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return "got  " + g[i] + "\nwant " + w[i]
		}
	}
	return "the outputs differ in length"
}

func TestDumpLogDamage(t *testing.T) {
	dir := t.TempDir()
	source := "../../../modules/log/segment/testdata/kafka/orders-0/00000000000000000000."
	for _, end := range []string{"log", "index"} {
		raw, err := os.ReadFile(source + end)
		if err != nil {
			t.Fatal(err)
		}
		if end == "index" {
			raw[3]++ // the first entry's offset
		} else {
			raw[400] ^= 1      // a byte of a batch
			raw = raw[:15_000] // in the middle of a batch
		}
		if err := os.WriteFile(filepath.Join(dir, "00000000000000000000."+end), raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		args, stdout, stderr string
		exit                 int
	}{
		{"00000000000000000000.log", "isvalid: false", "", 0},
		{"00000000000000000000.log", "invalid bytes at the end of 00000000000000000000.log", "", 0},
		{"00000000000000000000.index", "offset: 6 position: 316", "Index offset: 6, log offset: 5", 1}, // entries behind the end of the log
		{"nope.log", "Dumping", `Exception in thread "main" java.lang.NumberFormatException: For input string: "nope"`, 1},
		{"7.log", "Log starting offset: 7", `java.nio.file.NoSuchFileException`, 1},
		{"leader-epoch-checkpoint", "Dumping", "Ignoring unknown file", 0},
	} {
		got := run(t.Context(), []string{"kafka-dump-log", "--files", filepath.Join(dir, c.args)}, "")
		if got.Exit != c.exit || !strings.Contains(got.Stdout, c.stdout) || !strings.Contains(got.Stderr, c.stderr) {
			t.Errorf("%s: exit %d\n%s\n%s", c.args, got.Exit, got.Stdout, got.Stderr)
		}
	}
}
