package e2e_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/jackdawmq/jackdaw/cmd/broker/e2e/process"
)

// Two plugins that judge differently: one wants the field user, the other what its configuration says.
const (
	wantsUser = "../../../examples/wasm/testdata/c-validator.wasm"
	wantsID   = "../../../examples/wasm/json-schema/json-schema.wasm"
	idSchema  = `{"type": "object", "required": ["id"]}`

	withUser, withID = `{"user": 1}`, `{"id": 1}`
)

// operator runs "broker plugin ..." against a broker.
type operator struct {
	t *testing.T
	b *process.Broker
}

func (o operator) run(args ...string) (code int, out string) {
	o.t.Helper()
	return runBroker(o.t, append([]string{"plugin", "--bootstrap-server", o.b.Addr, "--admin", o.b.Admin}, args...)...)
}

func (o operator) must(args ...string) string {
	o.t.Helper()
	code, out := o.run(args...)
	if code != 0 {
		o.t.Fatalf("broker plugin %v: exit %d: %s", args, code, out)
	}
	return out
}

// refuses runs a command that must fail and say why.
func (o operator) refuses(why string, args ...string) {
	o.t.Helper()
	if code, out := o.run(args...); code != 1 || !strings.Contains(out, why) {
		o.t.Errorf("broker plugin %v: exit %d and %q, want 1 and %q", args, code, out, why)
	}
}

func absolute(t *testing.T, path string) string {
	t.Helper()
	abs, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return abs
}

// await waits until a condition holds.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx := deadline(t)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("it never happened that %s", what)
		}
	}
}

// judged reports whether a topic takes one value and refuses another.
func judged(t *testing.T, client *kgo.Client, topic, taken, refused string) bool {
	t.Helper()
	first := client.ProduceSync(deadline(t), texts(topic, taken)...).FirstErr()
	second := client.ProduceSync(deadline(t), texts(topic, refused)...).FirstErr()
	for _, err := range []error{first, second} {
		if err != nil && !errors.Is(err, kerr.InvalidRecord) {
			t.Fatal(err)
		}
	}
	return first == nil && second != nil
}

// TestPluginLifeCycle deploys two versions, binds, rolls forward and back, over a restart, and removes them.
func TestPluginLifeCycle(t *testing.T) {
	b := process.Start(t)
	op := operator{t, b}
	one, two := absolute(t, wantsUser), absolute(t, wantsID)
	op.must("deploy", "form@1", one)
	op.must("deploy", "form@1", one) // the same again
	op.refuses("A version never changes", "deploy", "form@1", two)
	op.must("deploy", "form@2", two)
	op.refuses("not a plugin", "deploy", "form@3", absolute(t, "doc.go"))

	createTopic(t, b.Addr, "forms", 1, nil)
	client := newClient(t, b.Addr)
	inForce := func(taken, refused string) {
		t.Helper()
		await(t, taken+" is taken and "+refused+" refused", func() bool { return judged(t, client, "forms", taken, refused) })
	}
	op.refuses("there is form@1, form@2", "bind", "forms", "form@9")
	op.refuses("serialize is needed", "bind", "forms", "form@1", "--mode", "transform")
	op.must("bind", "forms", "form@1", "--slot", "value.serializer", "--mode", "validate", "--config", idSchema)
	inForce(withUser, withID)
	op.must("bind", "forms", "form@2")
	inForce(withID, withUser)
	op.refuses("can't run there", "bind", "forms", "form@2", "--config", `{"type": 5}`)
	op.must("bind", "forms", "form@2", "--config", idSchema)
	op.must("bind", "forms", "form@1") // the rollback
	inForce(withUser, withID)
	if code, out := runBroker(t, "kafka-configs", "--bootstrap-server", b.Addr, "--alter", "--entity-type", "topics", "--entity-name", "forms",
		"--add-config", "jackdaw.value.serializer=form@2"); code != 0 {
		t.Errorf("kafka-configs: exit %d: %s", code, out)
	}
	inForce(withID, withUser)
	op.must("bind", "forms", "form@1")

	b.Stop()
	b.Restart()
	inForce(withUser, withID)
	b.Kill()
	b.Restart()
	inForce(withUser, withID)

	op.refuses("bound to the topic 'forms'", "remove", "form@1")
	op.must("remove", "form@2")
	if out := op.must("describe", "form"); !strings.Contains(out, "topic forms value.serializer") || strings.Contains(out, "form@2") {
		t.Errorf("describe says\n%s", out)
	}
	if _, out := runBroker(t, "topic", "describe", "forms", "-b", b.Addr, "--admin", b.Admin); !strings.Contains(out, "plugins: value.serializer is form@1 (validate") ||
		!strings.Contains(out, "FUEL/RECORD") || !strings.Contains(out, "running") {
		t.Errorf("topic describe says\n%s", out)
	}
	op.must("unbind", "forms")
	await(t, "everything is taken", func() bool {
		return client.ProduceSync(deadline(t), texts("forms", "nothing of the kind")...).FirstErr() == nil
	})
	op.must("remove", "form@1")
	if out := op.must("list"); strings.Contains(out, "form@") {
		t.Errorf("list says\n%s", out)
	}
}

// TestPluginSwitchUnderLoad goes from one version to the other and back while batches arrive: each batch is judged by one
// of them alone, none is lost, none is stored twice.
func TestPluginSwitchUnderLoad(t *testing.T) {
	b := process.Start(t)
	op := operator{t, b}
	op.must("deploy", "form@1", absolute(t, wantsUser))
	op.must("deploy", "form@2", absolute(t, wantsID))
	createTopic(t, b.Addr, "forms", 1, nil)
	op.must("bind", "forms", "form@1", "--config", idSchema, "--on-reject", "skip")
	const perBatch = 50
	stop, sent := make(chan struct{}), make(chan int)
	client := newClient(t, b.Addr, kgo.ManualFlushing()) // what is flushed together is one batch
	ctx := deadline(t)
	go func() {
		n := 0
		defer func() { sent <- n }()
		for ; ; n++ {
			select {
			case <-stop:
				return
			default:
			}
			var failed error
			for i := range perBatch { // one value has what the first version wants, the other what the second wants
				value := fmt.Appendf(nil, `{%q: %d, "i": %d}`, []string{"user", "id"}[n%2], n, i)
				client.Produce(ctx, &kgo.Record{Topic: "forms", Value: value}, func(_ *kgo.Record, err error) { failed = errors.Join(failed, err) })
			}
			if err := errors.Join(client.Flush(ctx), failed); err != nil {
				t.Errorf("batch %d: %v", n, err)
				return
			}
		}
	}()
	for i := range 6 {
		op.must("bind", "forms", []string{"form@2", "form@1"}[i%2])
	}
	close(stop)
	n := <-sent
	stored := map[string]int{}
	end, err := kadm.NewClient(client).ListEndOffsets(ctx, "forms")
	if err != nil {
		t.Fatal(err)
	}
	offset, _ := end.Lookup("forms", 0)
	if offset.Offset != int64(n*perBatch) { // skipped records keep their offsets
		t.Errorf("the log ends at %d after %d batches of %d", offset.Offset, n, perBatch)
	}
	produce(t, newClient(t, b.Addr), texts("forms", `{"user": -1, "id": -1, "i": 0}`))
	consumer := newClient(t, b.Addr, kgo.ConsumeTopics("forms"))
	for last := int64(-1); last < offset.Offset; {
		fetches := consumer.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			t.Fatal(err)
		}
		for _, r := range fetches.Records() {
			head, _, _ := bytes.Cut(r.Value, []byte(`, "i"`))
			stored[string(head)]++
			if r.Offset <= last {
				t.Fatalf("offset %d after %d", r.Offset, last)
			}
			last = r.Offset
		}
	}
	users, ids := 0, 0
	for head, count := range stored {
		if count != perBatch && !strings.Contains(head, "-1") {
			t.Errorf("%d of the %d records of the batch with %s are stored", count, perBatch, head)
		}
		if strings.Contains(head, "user") {
			users++
		} else {
			ids++
		}
	}
	t.Logf("%d batches, %d stored by the first version, %d by the second", n, users, ids)
}

// padded writes a plugin that is as large as asked, by a section that means nothing.
func padded(t *testing.T, module string, size int) string {
	t.Helper()
	b, err := os.ReadFile(module)
	if err != nil {
		t.Fatal(err)
	}
	section := append([]byte{3, 'p', 'a', 'd'}, make([]byte, size)...)
	b = append(binary.AppendUvarint(append(b, 0), uint64(len(section))), section...)
	path := filepath.Join(t.TempDir(), "padded.wasm")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestPluginKillDuringDeploy kills the broker while the chunks of a large plugin are written: afterwards the plugin is
// there or not, never in part, and deploying it again works.
func TestPluginKillDuringDeploy(t *testing.T) {
	b := process.Start(t)
	op := operator{t, b}
	op.must("deploy", "small@1", absolute(t, wantsUser))
	for i, written := range []int64{1 << 20, 4 << 20, 9 << 20} {
		name := fmt.Sprintf("big@%d", i)
		large := padded(t, wantsUser, 10<<20+i)
		done := make(chan struct{})
		go func() {
			defer close(done)
			op.run("deploy", name, large) // it may or may not have come to its end
		}()
		want := logSize(b) + written
		await(t, "chunks are written", func() bool {
			select {
			case <-done:
				return true
			default:
				return logSize(b) >= want
			}
		})
		b.Kill()
		<-done
		b.Restart()
		var versions []struct {
			Version    string `json:"version"`
			LoadFailed string `json:"load_failed"`
		}
		if err := json.Unmarshal([]byte(op.must("list", "--format", "json")), &versions); err != nil {
			t.Fatal(err)
		}
		for _, v := range versions {
			if v.LoadFailed != "" {
				t.Errorf("version %s can't run: %s", v.Version, v.LoadFailed)
			}
		}
		if n := len(versions); n != i+1 && n != i+2 {
			t.Errorf("%d plugins are there: %+v", n, versions)
		}
		op.must("deploy", name, large)
	}
	createTopic(t, b.Addr, "t", 1, nil)
	op.must("bind", "t", "big@2")
	client := newClient(t, b.Addr)
	await(t, "the plugin is in force", func() bool { return judged(t, client, "t", withUser, withID) })
}

// logSize is how many bytes the log of the plugins has.
func logSize(b *process.Broker) int64 {
	var size int64
	files, _ := filepath.Glob(filepath.Join(b.Dir, "__jackdaw_plugins-0", "*.log"))
	for _, f := range files {
		if info, err := os.Stat(f); err == nil {
			size += info.Size()
		}
	}
	return size
}

// TestPluginsOfTheConfigFile: a version that exists with other bytes stays, the broker serves, and says what is wrong.
func TestPluginsOfTheConfigFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "form.wasm")
	place := func(module string) {
		t.Helper()
		b, err := os.ReadFile(module)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	place(wantsUser)
	b := process.Start(t, "plugins=form@1="+file)
	op := operator{t, b}
	createTopic(t, b.Addr, "t", 1, nil)
	op.must("bind", "t", "form@1")
	b.Stop()
	place(wantsID)
	b.Restart()
	if status, text := readyz(t, b); status != http.StatusOK || !strings.Contains(text, "form@1 exists with the digest") {
		t.Errorf("/readyz does not tell of the other bytes: %d %s", status, text)
	}
	client := newClient(t, b.Addr)
	await(t, "the first version is in force", func() bool { return judged(t, client, "t", withUser, withID) })
	b.Tells("form@1 exists with the digest")
}
