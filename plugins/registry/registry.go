package registry

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/coordinator"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/core/telemetry"
	"github.com/jackdawmq/jackdaw/plugins/builtin"
)

// Component is the name of the registry in reports of health.
const Component = "plugins"

// Settings is what a Registry works with.
type Settings struct {
	Metadata Metadata
	Writer   coordinator.PartitionWriter
	Reader   coordinator.PartitionReader
	// OpenEngine makes the engine, at Start.
	OpenEngine func() (plugin.Engine, error)
	// Files are plugins to deploy at the start, as name@version=path.
	Files  []string
	Health *telemetry.Health
	Log    *zap.Logger
	Now    func() time.Time // nil: the clock
}

// Registry keeps the plugins of a cluster. It is safe for all goroutines.
type Registry struct {
	settings Settings
	store    store
	engine   atomic.Pointer[plugin.Engine] // nil before Start and after Stop
	changing chan struct{}                 // one deployment or removal at a time

	cancel  context.CancelFunc // nil before Start
	settled chan struct{}      // closed when load has ended

	mu    sync.Mutex
	known map[plugin.Digest]examined
}

// examined is what this broker's engine says about a digest.
type examined struct {
	info    plugin.Info
	refused string // why it can't run here; "" when it can
}

var (
	_ plugin.Module      = (*Registry)(nil)
	_ plugin.Diagnostics = (*Registry)(nil)
)

// New returns a registry that knows nothing before Start.
func New(s Settings) *Registry {
	if s.Now == nil {
		s.Now = time.Now
	}
	return &Registry{
		settings: s, changing: make(chan struct{}, 1), known: map[plugin.Digest]examined{}, settled: make(chan struct{}),
		store: store{metadata: s.Metadata, writer: s.Writer, reader: s.Reader, now: s.Now},
	}
}

// Start opens the engine and loads what is deployed in the background; then it deploys what the settings name.
func (r *Registry) Start(context.Context) error {
	engine, err := r.settings.OpenEngine()
	if err != nil {
		return err
	}
	r.engine.Store(&engine)
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	go func() {
		defer close(r.settled)
		r.load(ctx)
	}()
	return nil
}

// Settled is closed once the deployed plugins were looked at and those of the settings are deployed, or can't be.
func (r *Registry) Settled() <-chan struct{} { return r.settled }

// Stop ends what runs in the background and closes the engine.
func (r *Registry) Stop(ctx context.Context) error {
	engine := r.engine.Swap(nil)
	if engine == nil {
		return nil
	}
	r.cancel()
	<-r.settled
	return (*engine).Stop(ctx)
}

// Revive ends the quarantine of a digest.
func (r *Registry) Revive(d plugin.Digest) bool {
	engine := r.engine.Load()
	return engine != nil && (*engine).Revive(d)
}

// Logs returns the last lines that a digest logged.
func (r *Registry) Logs(d plugin.Digest) []plugin.LogLine {
	if engine := r.engine.Load(); engine != nil {
		return (*engine).Logs(d)
	}
	return nil
}

// Lookup loads a plugin.
func (r *Registry) Lookup(ctx context.Context, ref plugin.Ref) (plugin.Program, error) {
	if program, ok := builtin.Program(ref); ok {
		return program, nil
	}
	digest, err := r.resolve(ref)
	if err != nil {
		return nil, err
	}
	engine := r.engine.Load()
	if engine == nil {
		return nil, notLoaded(ref, "the broker is starting or stopping")
	}
	b, err := r.store.get(ctx, digest)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, notLoaded(ref, err.Error())
	}
	program, err := (*engine).Load(ctx, b)
	if refusal, ok := errors.AsType[*plugin.Refusal](err); ok {
		r.remember(digest, examined{plugin.Info{Digest: digest, Size: len(b)}, refusal.Error()})
	} else if err == nil {
		r.remember(digest, examined{info: program.Info()})
	}
	return program, err
}

func notLoaded(ref plugin.Ref, reason string) *plugin.Failure {
	return &plugin.Failure{Plugin: ref.String(), Class: plugin.NotLoaded, Reason: reason}
}

// resolve returns the digest that a reference means.
func (r *Registry) resolve(ref plugin.Ref) (plugin.Digest, error) {
	image := r.settings.Metadata.Image()
	if !ref.Digest.IsZero() {
		if image.HasPlugin(ref.Digest) {
			return ref.Digest, nil
		}
	} else if p := image.Plugins[ref.String()]; p != nil {
		return p.Digest, nil
	}
	return plugin.Digest{}, kafka.Errorf(kafka.InvalidConfig, "Unknown plugin %s", ref)
}

// Deploy checks, compiles and tries a plugin, stores its bytes, and then its name.
func (r *Registry) Deploy(ctx context.Context, d plugin.Deployment) (plugin.Description, error) {
	if plugin.ReservedName(d.Ref.Name) { // metadata refuses it too, but after the bytes were stored
		return plugin.Description{}, kafka.Errorf(kafka.InvalidRequest, "The name %s is that of a plugin of the broker itself: choose another one.", d.Ref.Name)
	}
	if err := r.lock(ctx); err != nil {
		return plugin.Description{}, err
	}
	defer r.unlock()
	p := metadata.Plugin{
		Name: d.Ref.Name, Version: d.Ref.Version, Digest: plugin.DigestOf(d.Bytes), Size: int64(len(d.Bytes)),
		DeployedAt: r.settings.Now().UnixMilli(), Deployer: d.Deployer,
	}
	was := r.settings.Metadata.Image().Plugins[p.Ref()]
	if was == nil || was.Digest == p.Digest { // else AlterPlugins says why not
		info, err := r.try(ctx, d)
		switch {
		case err != nil:
			return plugin.Description{}, err
		case d.ValidateOnly:
			return plugin.Description{Ref: d.Ref, Info: info}, nil
		}
		if err := r.keep(ctx, d); err != nil {
			return plugin.Description{}, err
		}
		r.remember(p.Digest, examined{info: info})
		p.Functions = uint8(info.Functions)
	}
	if err := r.settings.Metadata.AlterPlugins(ctx, []metadata.PluginChange{{Plugin: p}}); err != nil {
		return plugin.Description{}, err
	}
	if was == nil {
		r.settings.Log.Info("plugin deployed", zap.String("plugin", p.Ref()), zap.Stringer("digest", plugin.Digest(p.Digest)),
			zap.Int64("bytes", p.Size), zap.String("deployer", p.Deployer))
	}
	image := r.settings.Metadata.Image()
	return r.describe(ctx, image, image.Plugins[p.Ref()]), nil
}

// keep stores the bytes of a deployment unless the topic has them, and tells its readers the digest of the name.
func (r *Registry) keep(ctx context.Context, d plugin.Deployment) error {
	digest := plugin.DigestOf(d.Bytes)
	_, err := r.store.read(ctx, digest)
	if errors.Is(err, errNoBytes) {
		err = r.store.put(ctx, digest, d.Bytes)
	}
	if err != nil {
		return err
	}
	return r.store.name(ctx, d.Ref, digest)
}

// Remove forgets a version, and its bytes when no other version has the same ones.
func (r *Registry) Remove(ctx context.Context, ref plugin.Ref) error {
	if err := r.lock(ctx); err != nil {
		return err
	}
	defer r.unlock()
	if plugin.ReservedName(ref.Name) {
		return kafka.Errorf(kafka.InvalidRequest, "Plugin %s is part of the broker.", ref)
	}
	was := r.settings.Metadata.Image().Plugins[ref.String()]
	change := metadata.PluginChange{Plugin: metadata.Plugin{Name: ref.Name, Version: ref.Version}, Remove: true}
	if err := r.settings.Metadata.AlterPlugins(ctx, []metadata.PluginChange{change}); err != nil {
		return err
	}
	r.settings.Log.Info("plugin removed", zap.Stringer("plugin", ref))
	err := r.store.name(ctx, ref, plugin.Digest{})
	if was != nil && !r.settings.Metadata.Image().HasPlugin(was.Digest) {
		r.forget(was.Digest)
		err = errors.Join(err, r.store.remove(ctx, was.Digest, chunksOf(was.Size)))
	}
	if err != nil {
		r.settings.Log.Warn("the bytes of a removed plugin are deleted at the next start", zap.Stringer("plugin", ref), zap.Error(err))
	}
	return nil
}

func chunksOf(size int64) int { return int(min((size+chunkSize-1)/chunkSize, maxChunks)) }

func (r *Registry) lock(ctx context.Context) error {
	select {
	case r.changing <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("another plugin is being deployed: %w", ctx.Err())
	}
}

func (r *Registry) unlock() { <-r.changing }

func (r *Registry) remember(d plugin.Digest, e examined) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.known[d] = e
}

func (r *Registry) forget(d plugin.Digest) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.known, d)
}
