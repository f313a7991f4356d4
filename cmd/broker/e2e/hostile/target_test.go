package hostile_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackdawmq/jackdaw/cmd/broker/e2e/process"
)

const (
	queued = 64 << 20 // queued.max.request.bytes of the broker under attack

	// The bound of the resident memory, as README states it: what a broker needs anyway, what each connection may cost, and
	// a multiple of queued.max.request.bytes for requests, for what they decode to, and for the garbage of both.
	boundBase       = 512 << 20
	boundConnection = 32 << 10
	boundFactor     = 4
)

// hang is when a test gives up on something that has to happen. Nothing is expected to come near it.
const hang = 60 * time.Second

// full reports whether the full form of the attacks was asked for.
func full() bool { return os.Getenv("E2E_FULL") == "1" }

// scale returns how much of an attack is run.
func scale(small, large int) int {
	if full() {
		return large
	}
	return small
}

// target is the broker under attack, with a canary beside it.
type target struct {
	*process.Broker
	t           *testing.T
	rand        *rand.Rand
	canary      *canary
	connections int // most at the same time
}

// attack starts a broker and a canary. When the test ends, it checks that neither took harm.
func attack(t *testing.T, settings ...string) *target {
	t.Helper()
	settings = append([]string{fmt.Sprintf("queued.max.request.bytes=%d", queued)}, settings...)
	return besiege(t, process.Start(t, settings...), 10*time.Minute)
}

// besiege is attack on a broker that runs. The canary's connections that were idle for so long are closed by the canary.
func besiege(t *testing.T, b *process.Broker, idle time.Duration) *target {
	t.Helper()
	tg := &target{Broker: b, t: t, connections: 100}
	seed := uint64(1)
	if s := os.Getenv("E2E_SEED"); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("E2E_SEED=%d", seed)
	tg.rand = rand.New(rand.NewPCG(seed, 0))
	tg.canary = startCanary(t, tg.Addr, idle)
	t.Cleanup(tg.check)
	return tg
}

// check ends the canary and looks at what the attack did to the broker.
func (tg *target) check() {
	tg.canary.stop()
	if panics := tg.metric("jackdaw_network_handler_panics_total"); panics != 0 {
		tg.t.Errorf("%v handlers panicked", panics)
	}
	tg.checkMemory()
	if !tg.Ready() {
		tg.t.Error("the broker is not ready any more")
	}
	tg.Stop()
}

func (tg *target) checkMemory() {
	peak := tg.peakMemory()
	bound := boundBase + boundConnection*tg.connections + boundFactor*queued
	tg.t.Logf("peak of resident memory: %d MiB of %d MiB", peak>>20, bound>>20)
	if peak > bound {
		tg.t.Errorf("the broker took %d MiB, more than its bound of %d MiB", peak>>20, bound>>20)
	}
}

// peakMemory returns the most bytes of memory that the broker was resident with, or 0 where there is no /proc.
func (tg *target) peakMemory() int {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", tg.PID()))
	if err != nil && runtime.GOOS != "linux" {
		return 0
	}
	for line := range bytes.Lines(status) {
		if kib, ok := bytes.CutPrefix(line, []byte("VmHWM:")); ok {
			n, err := strconv.Atoi(string(bytes.TrimSpace(bytes.TrimSuffix(bytes.TrimSpace(kib), []byte("kB")))))
			if err == nil {
				return n << 10
			}
		}
	}
	tg.t.Errorf("no peak of memory in /proc: %v", err)
	return 0
}

// metric returns the value of a metric without labels.
func (tg *target) metric(name string) float64 {
	resp, err := http.Get("http://" + tg.Admin + "/metrics")
	if err != nil {
		tg.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		tg.t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			v, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			if err != nil {
				tg.t.Fatal(err)
			}
			return v
		}
	}
	tg.t.Fatalf("no metric %s", name)
	return 0
}
