package telemetry

import (
	"fmt"
	"slices"
	"sync"
)

// State is how a component is.
type State string

// The states. A component goes from Starting to Ready, and to Failed from anywhere.
const (
	Starting State = "starting"
	Ready    State = "ready"
	Failed   State = "failed"
)

// Health is the health of a broker: that of its components together.
type Health struct {
	mu         sync.Mutex
	components []*Component
	draining   bool
}

// NewHealth returns the health of a broker that has the named components, all of them starting. They are named before any
// of them starts, so that the broker is not ready for a moment between two of them.
func NewHealth(components ...string) *Health {
	h := &Health{}
	for _, name := range components {
		h.components = append(h.components, &Component{health: h, report: ComponentReport{Name: name, State: Starting}})
	}
	return h
}

// Component returns the component of that name, which is added when it is new.
func (h *Health) Component(name string) *Component {
	h.mu.Lock()
	defer h.mu.Unlock()
	at := slices.IndexFunc(h.components, func(c *Component) bool { return c.report.Name == name })
	if at < 0 {
		h.components = append(h.components, &Component{health: h, report: ComponentReport{Name: name, State: Starting}})
		at = len(h.components) - 1
	}
	return h.components[at]
}

// Drain makes the broker not ready for good: it is about to stop.
func (h *Health) Drain() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.draining = true
}

// Report is the health at one moment.
type Report struct {
	Ready      bool              `json:"ready"` // every component is, and the broker is not about to stop
	Live       bool              `json:"live"`  // no component failed
	Draining   bool              `json:"draining,omitempty"`
	Components []ComponentReport `json:"components"`
}

// ComponentReport is the health of one component at one moment.
type ComponentReport struct {
	Name   string `json:"name"`
	State  State  `json:"state"`
	Detail string `json:"detail,omitempty"` // what it is doing, or why it failed
	Done   int64  `json:"done,omitempty"`
	Total  int64  `json:"total,omitempty"` // 0: there is no progress to tell
}

// Report returns the health as it is now.
func (h *Health) Report() Report {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := Report{Ready: !h.draining, Live: true, Draining: h.draining}
	for _, c := range h.components {
		r.Components = append(r.Components, c.report)
		r.Ready = r.Ready && c.report.State == Ready
		r.Live = r.Live && c.report.State != Failed
	}
	return r
}

// Component is a part of the broker whose health is told. Its methods may be called from any goroutine.
type Component struct {
	health *Health
	report ComponentReport
}

// Progress tells how far a component that is starting has come: what is "recovering logs", done 120, total 4000.
func (c *Component) Progress(what string, done, total int64) {
	c.set(Starting, fmt.Sprintf("%s %d/%d", what, done, total), done, total)
}

// Ready tells that the component works.
func (c *Component) Ready() { c.set(Ready, "", 0, 0) }

// Fail tells that the component stopped working, and why. Only a restart of the broker helps.
func (c *Component) Fail(err error) { c.set(Failed, err.Error(), 0, 0) }

func (c *Component) set(state State, detail string, done, total int64) {
	c.health.mu.Lock()
	defer c.health.mu.Unlock()
	if c.report.State == Failed || c.report.State == Ready && state == Starting {
		return // late progress of a component that is past it
	}
	c.report = ComponentReport{Name: c.report.Name, State: state, Detail: detail, Done: done, Total: total}
}
