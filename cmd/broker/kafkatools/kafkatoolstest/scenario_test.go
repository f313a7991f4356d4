package kafkatoolstest_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/jackdawmq/jackdaw/cmd/broker/kafkatools/kafkatoolstest"
)

func TestSteps(t *testing.T) {
	steps, err := kafkatoolstest.Steps("host:1", "/tmp/d")
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, s := range steps {
		used[s.Name] = true
		if line := strings.Join(s.Args, " "); strings.Contains(line, "39092") || !strings.HasPrefix(line, "kafka-") {
			t.Errorf("%s: %s", s.Name, line)
		}
	}
	i := slices.IndexFunc(steps, func(s kafkatoolstest.Step) bool { return s.Name == "producer-headers" })
	if i < 0 || steps[i].Stdin != "h1:a,h2:b\tk1\tv1\n" || steps[i].Args[3] != "--topic" || steps[i].Want.Exit != 0 {
		t.Errorf("%+v", steps[max(i, 0)])
	}
	entries, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if name := strings.TrimSuffix(e.Name(), ".txt"); name != "scenario" && !used[name] {
			t.Errorf("the reference %s is not part of the scenario", name)
		}
	}
}

func TestDifference(t *testing.T) {
	steps, err := kafkatoolstest.Steps("host:1", "/tmp/d")
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(steps, func(s kafkatoolstest.Step) bool { return s.Name == "topics-describe-one" })
	step, got := steps[i], steps[i].Want
	got.Stdout = strings.Replace(got.Stdout, "ZofQz57FTBqsIEph4zAmeg", "AAAAAAAAAAAAAAAAAAAAAA", 1)
	if d := step.Difference(got); d != "" {
		t.Errorf("another topic id: %s", d)
	}
	got.Stdout = strings.Replace(got.Stdout, "PartitionCount: 3", "PartitionCount: 4", 1)
	if step.Difference(got) == "" {
		t.Error("another number of partitions is no difference")
	}
	got = step.Want
	got.Exit = 1
	if step.Difference(got) == "" {
		t.Error("another exit code is no difference")
	}
}
