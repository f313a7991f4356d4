package vectors

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/core/record"
)

// Run binds a plugin as each group says, calls it, and returns nil when all answers are as wanted; otherwise an error
// that lists every vector that failed. It returns early only when the context ends.
func Run(ctx context.Context, program plugin.Program, groups []Group) error {
	var failed []error
	for i := range groups {
		g := &groups[i]
		if err := runGroup(ctx, program, g); err != nil {
			failed = append(failed, err)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return errors.Join(failed...)
}

func runGroup(ctx context.Context, program plugin.Program, g *Group) error {
	var run func() error
	var err error
	if g.Call == plugin.CanPartition {
		var p plugin.Partitioner
		if p, err = program.Partitioner(ctx, g.Binding); err == nil {
			defer p.Close()
		}
		run = func() error { return runPartitioner(ctx, p, g) }
	} else {
		var s plugin.Serializer
		if s, err = program.Serializer(ctx, g.Binding); err == nil {
			defer s.Close()
		}
		run = func() error { return runSerializer(ctx, s, g) }
	}
	switch {
	case g.Refused != "" && err == nil:
		return fmt.Errorf("line %d: the configuration was taken, want it refused with %q", g.Line, g.Refused)
	case g.Refused != "" && !strings.Contains(err.Error(), g.Refused):
		return fmt.Errorf("line %d: refused with %q, want %q", g.Line, err.Error(), g.Refused)
	case g.Refused != "":
		return nil
	case err != nil:
		return fmt.Errorf("line %d: %w", g.Line, err)
	}
	return run()
}

func runPartitioner(ctx context.Context, p plugin.Partitioner, g *Group) error {
	out := make([]int32, len(g.Wants))
	if err := p.Partition(ctx, &g.Batch, out); err != nil {
		return fmt.Errorf("line %d: %w", g.Line, err)
	}
	var failed []error
	for i, w := range g.Wants {
		if out[i] != w.Partition {
			failed = append(failed, fmt.Errorf("%s: partition %d, want %d", w.where(), out[i], w.Partition))
		}
	}
	return errors.Join(failed...)
}

func runSerializer(ctx context.Context, s plugin.Serializer, g *Group) error {
	call := s.Validate
	switch g.Call {
	case plugin.CanSerialize:
		call = s.Serialize
	case plugin.CanDeserialize:
		call = s.Deserialize
	}
	var outcome plugin.Outcome
	if err := call(ctx, &g.Batch, &outcome); err != nil {
		return fmt.Errorf("line %d: %w", g.Line, err)
	}
	var failed []error
	for i, w := range g.Wants {
		if got := &outcome.Verdicts()[i]; !equal(got, &w.Verdict) {
			failed = append(failed, fmt.Errorf("%s: %s, want %s", w.where(), show(got), show(&w.Verdict)))
		}
	}
	return errors.Join(failed...)
}

func (w *Want) where() string {
	if w.Name == "" {
		return fmt.Sprintf("line %d", w.Line)
	}
	return fmt.Sprintf("line %d (%s)", w.Line, w.Name)
}

func equal(a, b *plugin.Verdict) bool {
	if a.Action != b.Action {
		return false
	}
	switch a.Action {
	case plugin.Reject:
		return a.Code == b.Code && bytes.Equal(a.Message, b.Message)
	case plugin.Replace:
		return sameBytes(a.Key, b.Key) && sameBytes(a.Value, b.Value) &&
			slices.EqualFunc(a.Headers, b.Headers, func(x, y record.RecordHeader) bool {
				return bytes.Equal(x.Key, y.Key) && sameBytes(x.Value, y.Value)
			})
	}
	return true
}

// sameBytes tells null from empty.
func sameBytes(a, b []byte) bool { return bytes.Equal(a, b) && (a == nil) == (b == nil) }

func show(v *plugin.Verdict) string {
	switch v.Action {
	case plugin.Reject:
		return fmt.Sprintf("reject %q (code %d)", v.Message, v.Code)
	case plugin.Replace:
		s := "replace by key " + quote(v.Key) + ", value " + quote(v.Value)
		for _, h := range v.Headers {
			s += ", header " + quote(h.Key) + "=" + quote(h.Value)
		}
		return s
	case plugin.Failed:
		return "failed: " + v.Failure.Error()
	}
	return v.Action.String()
}

func quote(b []byte) string {
	if b == nil {
		return "null"
	}
	return fmt.Sprintf("%q", b)
}
