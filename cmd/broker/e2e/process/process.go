// Package process runs the real broker binary for end-to-end tests: it builds it once, starts it on free ports with a data
// folder of its own, and kills, stops and restarts it at the same address.
package process

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// startLimit is how long a broker may take until it is ready, on the slowest machine that runs the tests.
const startLimit = 60 * time.Second

// Broker is a broker process that belongs to a test. Methods fail the test rather than return errors.
type Broker struct {
	Addr  string // Kafka bootstrap address
	Admin string // operators' listener, host:port
	Dir   string // data folder

	t    testing.TB
	args []string
	env  []string
	cmd  *exec.Cmd
	out  *output
	gone chan struct{} // closed when the process ended
}

// output collects what the broker prints; the process and the test use it at the same time.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// binary builds cmd/broker once for all tests of a process.
var binary = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("E2E_BROKER"); path != "" {
		return path, nil
	}
	dir, err := os.MkdirTemp("", "jackdaw-e2e-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "broker")
	_, here, _, _ := runtime.Caller(0)
	build := exec.Command("go", "build", "-o", path, "./cmd/broker")
	build.Dir = filepath.Join(filepath.Dir(here), "..", "..", "..", "..")
	if text, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the broker: %w\n%s", err, text)
	}
	return path, nil
})

// Binary returns the path of the built broker.
func Binary(t testing.TB) string {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// Start runs a broker until the test ends. Settings are key=value pairs that go before the ones that Start chooses.
func Start(t testing.TB, settings ...string) *Broker {
	t.Helper()
	return StartIn(t, filepath.Join(t.TempDir(), "data"), settings...)
}

// StartEnv runs a broker whose settings all come from the environment: NAME=value pairs, in which {addr}, {admin} and
// {dir} stand for what is chosen for the test.
func StartEnv(t testing.TB, env ...string) *Broker {
	t.Helper()
	b := newBroker(t)
	chosen := strings.NewReplacer("{addr}", b.Addr, "{admin}", b.Admin, "{dir}", b.Dir)
	for _, e := range env {
		b.env = append(b.env, chosen.Replace(e))
	}
	b.Restart()
	return b
}

// StartIn is Start with a data folder that is there already.
func StartIn(t testing.TB, dir string, settings ...string) *Broker {
	t.Helper()
	b := newBroker(t)
	b.Dir = dir
	b.set(append(settings, "listeners=PLAINTEXT://"+b.Addr, "jackdaw.admin.listener="+b.Admin, "log.dirs="+b.Dir))
	b.Restart()
	return b
}

func (b *Broker) set(settings []string) {
	for _, s := range settings {
		b.args = append(b.args, "--set", s)
	}
}

func newBroker(t testing.TB) *Broker {
	t.Helper()
	b := &Broker{Addr: FreeAddr(t), Admin: FreeAddr(t), Dir: filepath.Join(t.TempDir(), "data"), t: t}
	t.Cleanup(func() {
		b.end(syscall.SIGKILL)
		if t.Failed() {
			t.Logf("the broker printed:\n%s", b.out)
		}
	})
	return b
}

// Restart starts the process again with the same address and data, and waits until it is ready; it must not be running.
func (b *Broker) Restart() {
	b.t.Helper()
	b.Launch()
	b.awaitReady()
}

// Launch is Restart without waiting.
func (b *Broker) Launch() {
	b.t.Helper()
	if b.out == nil {
		b.out = &output{}
	}
	b.cmd = exec.Command(Binary(b.t), append([]string{"run"}, b.args...)...)
	// Settings in the environment of whoever runs the tests stay out.
	b.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}, b.env...)
	b.cmd.Stdout, b.cmd.Stderr = b.out, b.out
	if err := b.cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	b.gone = make(chan struct{})
	go func(cmd *exec.Cmd, gone chan struct{}) {
		_ = cmd.Wait()
		close(gone)
	}(b.cmd, b.gone)
}

func (b *Broker) awaitReady() {
	b.t.Helper()
	b.await("ready", func() bool {
		select {
		case <-b.gone:
			b.t.Fatalf("the broker ended before it was ready: %v\n%s", b.cmd.ProcessState, b.out)
		default:
		}
		return b.Ready()
	})
}

// await fails the test unless met reports true before long.
func (b *Broker) await(what string, met func() bool) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !met() {
		select {
		case <-ctx.Done():
			b.t.Fatalf("not within %v: %s\n%s", startLimit, what, b.out)
		case <-tick.C:
		}
	}
}

// Ready reports whether /readyz answers 200.
func (b *Broker) Ready() bool {
	resp, err := http.Get("http://" + b.Admin + "/readyz")
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// Kill ends the process at once, as a crash would (SIGKILL).
func (b *Broker) Kill() {
	b.t.Helper()
	b.end(syscall.SIGKILL)
}

// Stop asks the process to end (SIGTERM), waits for it and fails the test unless it exits with 0.
func (b *Broker) Stop() {
	b.t.Helper()
	b.end(syscall.SIGTERM)
	if code := b.cmd.ProcessState.ExitCode(); code != 0 {
		b.t.Fatalf("the broker exited with %d after SIGTERM\n%s", code, b.out)
	}
}

// Signal sends a signal to the process.
func (b *Broker) Signal(s syscall.Signal) {
	b.t.Helper()
	if err := b.cmd.Process.Signal(s); err != nil {
		b.t.Fatal(err)
	}
}

// Wait returns the exit code once the process ended.
func (b *Broker) Wait() int {
	<-b.gone
	return b.cmd.ProcessState.ExitCode()
}

// PID is the process id.
func (b *Broker) PID() int { return b.cmd.Process.Pid }

// Output is everything that has come of what the broker printed, over all its lives. It comes through a pipe: what a broker
// that runs has done may be known before. See Tells.
func (b *Broker) Output() string { return b.out.String() }

// Tells fails the test unless the broker has printed text, or does so before long.
func (b *Broker) Tells(text string) {
	b.t.Helper()
	b.await(fmt.Sprintf("the broker tells of %q", text), func() bool { return strings.Contains(b.Output(), text) })
}

func (b *Broker) end(s syscall.Signal) {
	if b.cmd == nil || b.cmd.Process == nil {
		return
	}
	if err := b.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		b.t.Error(err)
	}
	<-b.gone
}

// FreeAddr returns an address of this machine that nobody listened on a moment ago. It lies below the ports that the kernel
// gives to outgoing connections, so that none of them takes it while a broker is down.
func FreeAddr(t testing.TB) string {
	t.Helper()
	const lowest, highest, tries = 15000, 32000, 100
	for range tries {
		addr := fmt.Sprintf("127.0.0.1:%d", lowest+rand.IntN(highest-lowest))
		if l, err := net.Listen("tcp", addr); err == nil {
			_ = l.Close()
			return addr
		}
	}
	t.Fatalf("no free port between %d and %d", lowest, highest)
	return ""
}
