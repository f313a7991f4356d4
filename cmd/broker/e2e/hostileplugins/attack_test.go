package hostileplugins_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"

	"github.com/jackdawmq/jackdaw/cmd/broker/e2e/process"
	"github.com/jackdawmq/jackdaw/core/record"
)

// hang is when a test gives up on something that has to happen.
const hang = 60 * time.Second

func newClient(tb testing.TB, addr string, opts ...kgo.Opt) *kgo.Client {
	tb.Helper()
	client, err := kgo.NewClient(append(opts, kgo.SeedBrokers(addr), kgo.MaxVersions(kversion.V3_0_0()), kgo.RequestTimeoutOverhead(hang))...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(client.Close)
	return client
}

// attacker deploys plugins to a broker, binds them, and produces to their topics.
type attacker struct {
	tb     testing.TB
	broker *process.Broker
	client *kgo.Client
}

func newAttacker(tb testing.TB, b *process.Broker) *attacker {
	tb.Helper()
	return &attacker{tb, b, newClient(tb, b.Addr)}
}

// call asks the operators' listener and returns the status and the body of its answer.
func (a *attacker) call(method, path, contentType string, body []byte) (int, []byte) {
	a.tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), hang)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, "http://"+a.broker.Admin+path, bytes.NewReader(body))
	if err != nil {
		a.tb.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		a.tb.Errorf("%s %s: %v", method, path, err)
		return 0, nil
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		a.tb.Errorf("%s %s: %v", method, path, err)
	}
	return resp.StatusCode, text
}

// deploy returns why the broker refuses a module, or "" when it took it.
func (a *attacker) deploy(name string, module []byte) (refused string) {
	a.tb.Helper()
	switch status, text := a.call(http.MethodPut, "/plugins/"+name+"/versions/1", "application/wasm", module); {
	case status == http.StatusOK:
		return ""
	case status >= 400 && status < 500:
		return string(text)
	default:
		a.tb.Errorf("%s: deploying is answered with %d %s", name, status, text)
		return string(text)
	}
}

// bind creates a topic of the plugin's name, whose values the plugin judges, and returns why the broker refuses to.
func (a *attacker) bind(name string) (refused string) { return a.bindTo(name, name, "") }

// bindTo is bind for another topic, with a configuration of the plugin.
func (a *attacker) bindTo(topic, name, config string) (refused string) {
	a.tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), hang)
	defer cancel()
	const slot = "jackdaw.value.serializer"
	set := map[string]*string{slot: kadm.StringPtr(name + "@1"), slot + ".on.error": kadm.StringPtr("reject")}
	if config != "" {
		set[slot+".config"] = &config
	}
	resp, err := kadm.NewClient(a.client).CreateTopic(ctx, 1, 1, set, topic)
	if err == nil {
		a.awaitLoaded(ctx, topic)
		return ""
	}
	if !errors.Is(err, kerr.InvalidConfig) {
		a.tb.Errorf("%s: binding: %v", topic, err)
	}
	return resp.ErrMessage
}

// awaitLoaded waits until a topic's plugin is there, or known not to work.
func (a *attacker) awaitLoaded(ctx context.Context, topic string) {
	a.tb.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		if state, _ := a.state(topic); state != "loading" {
			return
		}
		select {
		case <-ctx.Done():
			a.tb.Errorf("%s: its plugin is still being loaded", topic)
			return
		case <-tick.C:
		}
	}
}

// install deploys a module and binds it to a topic of the same name, and reports whether the broker let it.
func (a *attacker) install(name string, module []byte) bool {
	a.tb.Helper()
	refused := a.deploy(name, module)
	if refused == "" {
		refused = a.bind(name)
	}
	if refused != "" {
		a.tb.Errorf("%s looks harmless, and is refused: %s", name, refused)
	}
	return refused == ""
}

// strike produces one record and returns the answer's error code.
func (a *attacker) strike(topic, value string) error {
	a.tb.Helper()
	var builder record.Builder
	builder.Reset(nil, record.NewHeader())
	builder.Append(time.Now().UnixMilli(), nil, []byte(value))
	batch, err := builder.Finish()
	if err != nil {
		a.tb.Fatal(err)
	}
	req := kmsg.NewPtrProduceRequest()
	req.Acks, req.TimeoutMillis = -1, 1000
	req.Topics = []kmsg.ProduceRequestTopic{{Topic: topic, Partitions: []kmsg.ProduceRequestTopicPartition{{Records: batch}}}}
	req.SetVersion(9)
	ctx, cancel := context.WithTimeout(context.Background(), hang)
	defer cancel()
	resp, err := a.client.Broker(1).RetriableRequest(ctx, req)
	if err != nil {
		a.tb.Errorf("%s: produce: %v", topic, err)
		return err
	}
	return kerr.ErrorForCode(resp.(*kmsg.ProduceResponse).Topics[0].Partitions[0].ErrorCode)
}

// state returns the state of the plugin that is bound to a topic, and its last error.
func (a *attacker) state(topic string) (state, lastError string) {
	a.tb.Helper()
	var path struct {
		Slots []struct {
			State   string `json:"state"`
			InForce *struct {
				Stats struct {
					LastError string `json:"last_error"`
				} `json:"stats"`
			} `json:"in_force"`
		} `json:"slots"`
	}
	status, text := a.call(http.MethodGet, "/topics/"+topic+"/plugins", "", nil)
	if err := json.Unmarshal(text, &path); err != nil || len(path.Slots) != 1 {
		a.tb.Errorf("%s: its plugins are answered with %d %s", topic, status, text)
		return "", ""
	}
	if slot := path.Slots[0]; slot.InForce != nil {
		lastError = slot.InForce.Stats.LastError
	}
	return path.Slots[0].State, lastError
}

// release ends the quarantine of a plugin.
func (a *attacker) release(name string) {
	a.tb.Helper()
	if status, text := a.call(http.MethodPost, fmt.Sprintf("/plugins/%s/versions/1/release", name), "application/json", []byte("{}")); status != http.StatusOK {
		a.tb.Errorf("%s: release is answered with %d %s", name, status, text)
	}
}

// exhaust produces until the plugin is in quarantine. No record may be taken.
func (a *attacker) exhaust(topic string, values ...string) {
	a.tb.Helper()
	const attempts = 100 // ten failed batches are enough, in a minute
	for i := range attempts {
		if err := a.strike(topic, values[i%len(values)]); !errors.Is(err, kerr.InvalidRecord) {
			a.tb.Errorf("%s: the record %q is answered with %v", topic, values[i%len(values)], err)
			return
		}
		if state, _ := a.state(topic); state == "quarantined" {
			if a.strike(topic, values[0]) == nil { // the policy holds for a plugin that is not called, too
				a.tb.Errorf("%s: in quarantine, a record was taken", topic)
			}
			return
		}
	}
	state, lastError := a.state(topic)
	a.tb.Errorf("%s: %s after %d failed batches; its last error: %s", topic, state, attempts, lastError)
}
