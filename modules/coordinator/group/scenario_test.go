package group_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/modules/coordinator/group"
)

var update = flag.Bool("update", false, "write what the scenarios answer into testdata")

// TestScenarios plays the files in testdata. A line that begins with > is a command; what follows it, indented, is what
// must happen then: the answers of requests, in the order of the requests, and "waits" for the command's own when it has
// none yet. # begins a comment. The commands are in scenarioCommands; arguments are key=value or words.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := play(t, string(want))
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if got != string(want) {
				t.Errorf("%s: run with -update to see the difference. Got:\n%s", file, got)
			}
		})
	}
}

// play runs a scenario and returns it with what really happened.
func play(t *testing.T, text string) string {
	var out strings.Builder
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	run(t, scenarioConfig(t, lines), func(b *broker) {
		s := &scenario{broker: b, members: map[string]*client{}}
		for _, line := range lines {
			switch {
			case strings.HasPrefix(line, "> "):
				out.WriteString(line + "\n")
				for _, l := range s.do(line[2:]) {
					out.WriteString("    " + l + "\n")
				}
			case !strings.HasPrefix(line, "    "):
				out.WriteString(line + "\n")
			}
		}
	})
	return out.String()
}

// scenarioConfig reads the first command when it is "config".
func scenarioConfig(t *testing.T, lines []string) group.Config {
	cfg := testConfig()
	for _, line := range lines {
		words, ok := strings.CutPrefix(line, "> config ")
		if !ok {
			continue
		}
		a := parseArgs(t, strings.Fields(words))
		cfg.InitialRebalanceDelay = a.duration("initial-delay", cfg.InitialRebalanceDelay)
		cfg.OffsetsRetention = a.duration("retention", cfg.OffsetsRetention)
		cfg.RetentionCheckInterval = a.duration("check", cfg.RetentionCheckInterval)
		cfg.MaxSize = a.int("max-size", cfg.MaxSize)
	}
	return cfg
}

// scenario is a broker with clients that send requests and wait for none of them.
type scenario struct {
	*broker
	members map[string]*client
	pending []*request
	sent    int
	release func() // of held commits
	read    int    // batches that "log" has shown
}

// client is a member as its client library knows it.
type client struct {
	name       string
	memberID   string
	generation int32
	instance   *string
}

// request is one on its way.
type request struct {
	order int
	what  string
	done  chan func() string // describes the answer; runs where commands run
}

// client returns the client of a name.
func (s *scenario) client(name string) *client {
	c := s.members[name]
	if c == nil {
		c = &client{name: name, generation: -1}
		s.members[name] = c
	}
	return c
}

// start runs f, which sends a request and describes the answer, on a goroutine of its own.
func (s *scenario) start(what string, f func() string) {
	s.learn(what, func() func() string {
		answer := f()
		return func() string { return answer }
	})
}

// learn is start for requests whose answers teach the client something.
func (s *scenario) learn(what string, f func() (learn func() string)) {
	s.sent++
	r := &request{order: s.sent, what: what, done: make(chan func() string, 1)}
	s.pending = append(s.pending, r)
	go func() { r.done <- f() }()
}

// do runs a command and returns what happened.
func (s *scenario) do(command string) []string {
	words := strings.Fields(command)
	before := s.sent
	f := scenarioCommands[words[0]]
	if f == nil {
		s.t.Fatalf("unknown command %q", words[0])
	}
	happened := f(s, parseArgs(s.t, words[1:]))
	synctest.Wait()
	sort.Slice(s.pending, func(i, j int) bool { return s.pending[i].order < s.pending[j].order })
	var left []*request
	for _, r := range s.pending {
		select {
		case answer := <-r.done:
			happened = append(happened, r.what+": "+readable(answer()))
		default:
			left = append(left, r)
			if r.order > before {
				happened = append(happened, r.what+": waits")
			}
		}
	}
	s.pending = left
	return happened
}

var uuid = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-0*([0-9a-f]+)`)

// readable shortens UUIDs to their number.
func readable(s string) string { return uuid.ReplaceAllString(s, "#$1") }

// args are the arguments of a command.
type args struct {
	t     *testing.T
	words []string
	named map[string]string
}

func parseArgs(t *testing.T, words []string) args {
	a := args{t: t, named: map[string]string{}}
	for _, w := range words {
		if key, value, ok := strings.Cut(w, "="); ok {
			a.named[key] = value
		} else {
			a.words = append(a.words, w)
		}
	}
	return a
}

func (a args) string(key, fallback string) string {
	if v, ok := a.named[key]; ok {
		return v
	}
	return fallback
}

func (a args) int(key string, fallback int) int {
	v, ok := a.named[key]
	if !ok {
		return fallback
	}
	n, err := strconv.Atoi(v)
	if err != nil {
		a.t.Fatalf("%s: %v", key, err)
	}
	return n
}

func (a args) duration(key string, fallback time.Duration) time.Duration {
	v, ok := a.named[key]
	if !ok {
		return fallback
	}
	d, err := time.ParseDuration(v)
	if err != nil {
		a.t.Fatalf("%s: %v", key, err)
	}
	return d
}

// code returns the error code of a name.
func (a args) code(name string) kafka.ErrorCode {
	for c := kafka.ErrorCode(-1); c < 200; c++ {
		if c.String() == name {
			return c
		}
	}
	a.t.Fatalf("no error is called %s", name)
	return 0
}
