package telemetry

import (
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

// Health is the health of a broker: that of its components together. A component is known from the first call that names
// it. All methods may be called from any goroutine.
type Health struct {
	mu         sync.Mutex
	components []Component
	draining   bool
}

// Component is the health of one part of a broker.
type Component struct {
	Name  string `json:"name"`
	State State  `json:"state"`
	Error string `json:"error,omitempty"` // why it failed, or what is wrong although it is ready
	Done  int    `json:"done,omitempty"`  // of Total, while it starts: logs that were recovered
	Total int    `json:"total,omitempty"` // 0: there is no progress to tell
}

// Report is the health at one moment.
type Report struct {
	Ready      bool        `json:"ready"` // every component is, and the broker is not about to stop
	Live       bool        `json:"live"`  // no component failed
	Draining   bool        `json:"draining,omitempty"`
	Components []Component `json:"components"`
}

// NewHealth returns the health of a broker that is not ready, because it has no components yet.
func NewHealth() *Health { return &Health{} }

// Expect names components before they start, so that the broker does not count as ready between two of them.
func (h *Health) Expect(names ...string) {
	for _, name := range names {
		h.Starting(name)
	}
}

// Starting tells that a component starts.
func (h *Health) Starting(name string) {
	h.update(name, func(*Component) {})
}

// Progress tells how far a component that is starting has come.
func (h *Health) Progress(name string, done, total int) {
	h.update(name, func(c *Component) {
		if c.State == Starting {
			c.Done, c.Total = done, total
		}
	})
}

// Ready tells that a component works.
func (h *Health) Ready(name string) {
	h.update(name, func(c *Component) {
		if c.State == Starting {
			*c = Component{Name: name, State: Ready}
		}
	})
}

// Failed tells that a component stopped working, and why. Only a restart of the broker helps.
func (h *Health) Failed(name string, err error) {
	h.update(name, func(c *Component) { *c = Component{Name: name, State: Failed, Error: err.Error()} })
}

// Degraded tells that a component works, but not as it should, and why.
func (h *Health) Degraded(name string, err error) {
	h.update(name, func(c *Component) {
		if c.State != Failed {
			*c = Component{Name: name, State: Ready, Error: err.Error()}
		}
	})
}

// Recovered tells that a component works again as it should, after Degraded.
func (h *Health) Recovered(name string) {
	h.update(name, func(c *Component) {
		if c.State != Failed {
			*c = Component{Name: name, State: Ready}
		}
	})
}

// Drain makes the broker not ready for good: it is about to stop.
func (h *Health) Drain() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.draining = true
}

// Report returns the health as it is now.
func (h *Health) Report() Report {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := Report{Ready: !h.draining && len(h.components) > 0, Live: true, Draining: h.draining, Components: slices.Clone(h.components)}
	for _, c := range h.components {
		r.Ready = r.Ready && c.State == Ready
		r.Live = r.Live && c.State != Failed
	}
	return r
}

func (h *Health) update(name string, f func(*Component)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	at := slices.IndexFunc(h.components, func(c Component) bool { return c.Name == name })
	if at < 0 {
		h.components = append(h.components, Component{Name: name, State: Starting})
		at = len(h.components) - 1
	}
	f(&h.components[at])
}
