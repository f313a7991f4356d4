package admin

import (
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/core/internal/binding"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/plugin"
)

// Plugin is all versions of a plugin in an answer.
type Plugin struct {
	Name     string    `json:"name"`
	Versions []Version `json:"versions"`
	Bindings []Use     `json:"bindings"` // those that are in force on this broker
}

// Use is a binding that is in force on this broker.
type Use struct {
	Topic   string `json:"topic"`
	Slot    string `json:"slot"`
	State   string `json:"state"`
	InForce Force  `json:"in_force"`
}

// Binding is a plugin in a slot of a topic. In requests only plugin is required; what is left out has its default.
type Binding struct {
	Plugin   string          `json:"plugin"` // name@version or a digest
	Mode     string          `json:"mode,omitempty"`
	Config   json.RawMessage `json:"config,omitempty"` // any JSON; the plugin gets its text
	OnReject string          `json:"on_reject,omitempty"`
	OnError  string          `json:"on_error,omitempty"`
	Shadow   string          `json:"shadow,omitempty"`
	// DeadLetters is the topic's, for all of its slots: left out, it stays as it is.
	DeadLetters string `json:"dead_letters,omitempty"`
}

// Path says which way records of a topic take.
type Path struct {
	Topic       string      `json:"topic"`
	Path        string      `json:"path"` // native or plugins
	Why         string      `json:"why"`
	Current     bool        `json:"current"`      // false while what the configs ask for is not in force yet
	DeadLetters string      `json:"dead_letters"` // topic of records that on_reject=dlq leaves out; "" when no slot does
	Slots       []BoundSlot `json:"slots"`        // in the order in which records pass them
}

// BoundSlot is a slot that has a plugin.
type BoundSlot struct {
	Slot     string `json:"slot"`
	Plugin   string `json:"plugin"` // as the topic's configs name it
	Mode     string `json:"mode"`
	Config   string `json:"config"`
	OnReject string `json:"on_reject"`
	OnError  string `json:"on_error"`
	Shadow   string `json:"shadow"`
	State    string `json:"state"`    // running, loading, broken or quarantined
	InForce  *Force `json:"in_force"` // null while nothing is
}

// Force is the plugin that is in force in a slot on this broker: while another one is loaded, the one before.
type Force struct {
	Plugin string `json:"plugin"` // as it was bound
	Label  string `json:"label"`  // name@ and the first 12 digits of the digest
	Stats  Stats  `json:"stats"`
	Counts Counts `json:"counts"`
}

// Counts are the records that the slot's policy decided about.
type Counts struct {
	Mismatched     uint64 `json:"mismatched"` // went to another partition than the partitioner says
	Skipped        uint64 `json:"skipped"`
	DeadLettered   uint64 `json:"dead_lettered"`
	Passed         uint64 `json:"passed"` // although the plugin failed
	Refused        uint64 `json:"refused"`
	ShadowDiffered uint64 `json:"shadow_differed"`
	ShadowFailed   uint64 `json:"shadow_failed"`
}

// Stats are the counters of a binding on this broker.
type Stats struct {
	Calls            uint64            `json:"calls"`
	Records          uint64            `json:"records"`
	Bytes            uint64            `json:"bytes"`
	Kept             uint64            `json:"kept"`
	Replaced         uint64            `json:"replaced"`
	Dropped          uint64            `json:"dropped"`
	Rejected         uint64            `json:"rejected"`
	Failures         map[string]uint64 `json:"failures"` // by class; classes without any are left out
	Fuel             uint64            `json:"fuel"`
	FuelPerRecord    float64           `json:"fuel_per_record"`
	BusyMs           float64           `json:"busy_ms"`  // in calls
	GuestMs          float64           `json:"guest_ms"` // of these in the plugin's own code
	Instances        int               `json:"instances"`
	Memory           int64             `json:"memory"` // bytes
	LastError        string            `json:"last_error"`
	LastErrorAt      *time.Time        `json:"last_error_at"`
	QuarantinedUntil *time.Time        `json:"quarantined_until"`
	Counters         map[string]int64  `json:"counters"` // the plugin's own
}

func statsOf(s *plugin.Stats, lastError string, lastErrorAt time.Time) Stats {
	out := Stats{
		Calls: s.Calls, Records: s.Records, Bytes: s.Bytes, Kept: s.Kept, Replaced: s.Replaced, Dropped: s.Dropped, Rejected: s.Rejected,
		Failures: map[string]uint64{}, Fuel: s.Fuel, BusyMs: millis(s.Busy), GuestMs: millis(s.Guest), Instances: s.Instances,
		Memory: s.Memory, LastError: lastError, LastErrorAt: timeOf(lastErrorAt), QuarantinedUntil: timeOf(s.QuarantinedUntil), Counters: s.Counters,
	}
	if out.Counters == nil {
		out.Counters = map[string]int64{}
	}
	if s.Records > 0 {
		out.FuelPerRecord = float64(s.Fuel) / float64(s.Records)
	}
	for _, class := range plugin.Classes() {
		if n := s.Failures[class]; n > 0 {
			out.Failures[class.String()] = n
		}
	}
	return out
}

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func timeOf(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

func forceOf(s *binding.SlotPath) *Force {
	c := s.Counts
	return &Force{s.Bound, s.Plugin, statsOf(&s.Stats, s.LastError, s.LastErrorAt),
		Counts{c.Mismatched, c.Skipped, c.DeadLettered, c.Passed, c.Refused, c.ShadowDiffered, c.ShadowFailed}}
}

// usesOf lists the slots in which a plugin is in force, whatever its version.
func (a *pluginAPI) usesOf(versions []plugin.Description) []Use {
	uses := []Use{}
	for _, path := range a.Paths.Paths() {
		for i := range path.Slots {
			slot := &path.Slots[i]
			if slices.ContainsFunc(versions, func(d plugin.Description) bool {
				return slot.Bound == d.Ref.String() || slot.Bound == d.Info.Digest.String()
			}) {
				uses = append(uses, Use{path.Topic, slot.Slot, slot.State, *forceOf(slot)})
			}
		}
	}
	return uses
}

// bindings joins what the topic's configs say with what is in force.
func (a *pluginAPI) bindings(r *http.Request) (any, error) {
	topic := r.PathValue("topic")
	image := a.Metadata.Image()
	if image.Topics[topic] == nil {
		return nil, kafka.Errorf(kafka.UnknownTopicOrPartition, "There is no topic %s.", topic)
	}
	now := a.Paths.Path(topic)
	path := Path{Topic: topic, Path: "native", Why: now.Why, Current: now.Current, DeadLetters: now.DeadLetters, Slots: []BoundSlot{}}
	if !now.Native {
		path.Path = "plugins"
	}
	set := config.PluginsOf(topic, image.TopicConfigs(topic))
	if set == nil {
		return path, nil
	}
	for i, slot := range []config.PluginSlot{set.Partitioner, set.Key, set.Value} {
		if slot.Bound() {
			path.Slots = append(path.Slots, boundSlot(config.SlotKinds()[i].String(), &slot, now.Slots))
		}
	}
	return path, nil
}

func boundSlot(name string, set *config.PluginSlot, inForce []binding.SlotPath) BoundSlot {
	shown := BoundSlot{Slot: name, Plugin: set.Ref.String(), Mode: set.Policy.Mode.String(), Config: set.Config,
		OnReject: set.Policy.OnReject.String(), OnError: set.Policy.OnError.String(), State: binding.Loading}
	if set.Shadow != (plugin.Ref{}) {
		shown.Shadow = set.Shadow.String()
	}
	for i := range inForce {
		if inForce[i].Slot == name {
			shown.State, shown.InForce = inForce[i].State, forceOf(&inForce[i])
		}
	}
	return shown
}
