package plugin

import (
	"context"
	"time"
)

// Engine runs plugins from their bytes. All methods may be called from any goroutine.
type Engine interface {
	// Check says whether bytes are a plugin that this engine would load, without running any of it. A refusal lists every
	// reason: *Refusal.
	Check(ctx context.Context, b []byte) (Info, error)
	// Load compiles a plugin, once per digest however many ask for it; b must not change and may be kept. The context
	// bounds the wait, not the compilation. Errors are *Refusal when the bytes are at fault.
	Load(ctx context.Context, b []byte) (Program, error)
	// Revive ends the quarantine of a digest and reports whether there was one.
	Revive(d Digest) bool
	// Logs returns the last lines that a digest logged, oldest first, and how it failed.
	Logs(d Digest) []LogLine
	// Stop closes everything that is still loaded, once the calls under way ended.
	Stop(ctx context.Context) error
}

// Program is one user's hold on a loaded plugin. The plugin is unloaded when its last Program and the last thing bound
// from it are closed. Binding runs the plugin's set-up, its configuration included: an error is a *Failure, with
// InvalidConfig when the plugin refuses the configuration, or the context's.
type Program interface {
	Info() Info
	// Serializer binds the plugin as KindKeySerializer or KindValueSerializer.
	Serializer(ctx context.Context, b Binding) (Serializer, error)
	// Partitioner binds the plugin as KindPartitioner.
	Partitioner(ctx context.Context, b Binding) (Partitioner, error)
	// Assignor binds the plugin as KindAssignor.
	Assignor(ctx context.Context, b Binding) (Assignor, error)
	// Close gives this hold up. Closing again does nothing.
	Close()
}

// LogLine is a line that a plugin logged, or how it failed.
type LogLine struct {
	Time    time.Time
	Level   string // debug, info, warn or error
	Plugin  string // "name@digest12"
	Binding string // topic or group
	Text    string
}

// Refusal is the error for bytes that are no plugin, with all reasons at once.
type Refusal struct {
	Reasons []string // at least one
}

// Error joins the reasons.
func (r *Refusal) Error() string {
	s := "not a plugin that can run here: " + r.Reasons[0]
	for _, reason := range r.Reasons[1:] {
		s += "; " + reason
	}
	return s
}
