package wasm

import (
	"context"
	"runtime"
	"sync"

	"github.com/tetratelabs/wazero"
	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/plugins/wasm/internal/meter"
)

// Engine loads WebAssembly plugins. It has one program for each digest, shared by all who load it.
type Engine struct {
	config    Config
	memory    memoryBudget
	turns     *turns        // one for each call that may run: half of the processors
	compiling chan struct{} // one compilation at a time
	stop      context.CancelFunc
	ctx       context.Context // of compilations
	work      sync.WaitGroup  // programs, until they are unloaded

	mu       sync.Mutex
	stopped  bool
	programs map[plugin.Digest]*program
	logs     logBook
}

var _ plugin.Engine = (*Engine)(nil)

// New returns an engine. The error is about the cache directory.
func New(c Config) (*Engine, error) {
	c = c.withDefaults()
	if err := openCache(c.CacheDir); err != nil {
		return nil, err
	}
	e := &Engine{
		config: c, memory: memoryBudget{limit: c.TotalMemory},
		turns:     newTurns(max(1, runtime.GOMAXPROCS(0)/2)),
		compiling: make(chan struct{}, 1), programs: make(map[plugin.Digest]*program),
	}
	e.ctx, e.stop = context.WithCancel(context.Background())
	return e, nil
}

// Check says whether bytes are a plugin, without compiling or running it.
func (e *Engine) Check(ctx context.Context, b []byte) (plugin.Info, error) {
	c, err := e.config.check(ctx, b)
	return c.info, err
}

// Load compiles a plugin, unless its digest is loaded already or being compiled: then it waits for that.
func (e *Engine) Load(ctx context.Context, b []byte) (plugin.Program, error) {
	p, err := e.open(plugin.DigestOf(b), b)
	if err != nil {
		return nil, err
	}
	select {
	case <-p.ready:
	case <-ctx.Done():
		p.release(nil)
		return nil, ctx.Err()
	}
	if p.failed != nil {
		p.release(nil)
		return nil, p.failed
	}
	return &handle{program: p}, nil
}

// open returns the program of a digest with one more user, and begins its compilation when it is the first.
func (e *Engine) open(d plugin.Digest, b []byte) (*program, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.stopped {
		return nil, &plugin.Failure{Plugin: d.Short(), Class: plugin.NotLoaded, Reason: "the broker is stopping"}
	}
	p := e.programs[d]
	if p == nil {
		p = &program{
			engine: e, digest: d, ready: make(chan struct{}), unused: make(chan struct{}),
			logger:     e.config.Logger.WithOptions(zap.WithCaller(false), zap.AddStacktrace(zap.FatalLevel)),
			quarantine: newQuarantine(&e.config), pools: make(map[*pool]struct{}),
		}
		e.programs[d] = p
		e.work.Go(func() { p.live(e.ctx, b) })
	}
	p.users++
	return p, nil
}

// Revive ends the quarantine of a digest.
func (e *Engine) Revive(d plugin.Digest) bool {
	e.mu.Lock()
	p := e.programs[d]
	e.mu.Unlock()
	return p != nil && p.quarantine.end()
}

// Logs returns the last lines that a digest logged, oldest first; they outlive the program.
func (e *Engine) Logs(d plugin.Digest) []LogLine { return e.logs.lines(d) }

// Stop closes every pool and waits for the calls under way, and for a compilation, which ends early.
func (e *Engine) Stop(ctx context.Context) error {
	e.stop()
	e.mu.Lock()
	e.stopped = true
	var open []*pool
	for _, p := range e.programs {
		open = append(open, p.openPools()...)
		p.checkUsers()
	}
	e.mu.Unlock()
	for _, p := range open {
		p.Close()
	}
	drained := make(chan struct{})
	go func() {
		e.work.Wait()
		close(drained)
	}()
	select {
	case <-drained:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// trim closes all instances that are idle, when memory runs out.
func (e *Engine) trim() {
	e.mu.Lock()
	var open []*pool
	for _, p := range e.programs {
		open = append(open, p.openPools()...)
	}
	e.mu.Unlock()
	for _, p := range open {
		p.trim()
	}
}

// program is a loaded digest.
type program struct {
	engine *Engine
	logger *zap.Logger
	digest plugin.Digest
	ready  chan struct{} // closed when it is compiled, or failed is set
	unused chan struct{} // closed when nobody will use it any more
	failed error

	// Set by compile.
	info        plugin.Info
	wasi        bool         // it imports WASI
	used        meter.Limits // of the static limits
	environment string
	runtime     wazero.Runtime
	compiled    wazero.CompiledModule
	cache       wazero.CompilationCache

	quarantine *quarantine
	users      int                // handles and pools; engine.mu
	pools      map[*pool]struct{} // engine.mu
}

// live compiles the program when it is its turn, and unloads it when its last user is gone.
func (p *program) live(ctx context.Context, b []byte) {
	select {
	case p.engine.compiling <- struct{}{}:
		p.failed = p.compile(ctx, b)
		<-p.engine.compiling
	case <-ctx.Done():
		p.failed = ctx.Err()
	}
	close(p.ready)
	<-p.unused
	p.unload()
}

// release gives one use up.
func (p *program) release(pool *pool) {
	p.engine.mu.Lock()
	defer p.engine.mu.Unlock()
	p.users--
	delete(p.pools, pool)
	p.checkUsers()
}

// checkUsers lets the program go when it has no users, or the engine stops and only handles are left. The caller holds
// engine.mu.
func (p *program) checkUsers() {
	e := p.engine
	unused := p.users == 0 || e.stopped && len(p.pools) == 0
	if unused && e.programs[p.digest] == p {
		delete(e.programs, p.digest)
		close(p.unused)
	}
}

// openPools lists the pools; the caller holds engine.mu.
func (p *program) openPools() []*pool {
	var open []*pool
	for pool := range p.pools {
		open = append(open, pool)
	}
	return open
}
