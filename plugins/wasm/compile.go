package wasm

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/plugins/wasm/internal/meter"
	"github.com/jackdawmq/jackdaw/sdk/abi"
)

// compileWorkers is the least number with which wazero heeds the deadline of a compilation.
const compileWorkers = 2

// checked is a module that may run here.
type checked struct {
	module *meter.Module
	info   plugin.Info
	limit  int64 // bytes of memory for an instance
}

// check reads a module and says everything that is wrong with it; nothing of it runs.
func (c *Config) check(ctx context.Context, b []byte) (checked, error) {
	limit := max(c.memoryLimit(true), c.memoryLimit(false))
	module, err := meter.Check(b, meter.DefaultLimits(uint32(limit/pageSize)))
	if err == nil && c.memoryLimit(module.WASI) != limit { // which limit holds shows only now
		limit = c.memoryLimit(module.WASI)
		module, err = meter.Check(b, meter.DefaultLimits(uint32(limit/pageSize)))
	}
	if err != nil {
		return checked{}, refusal(err)
	}
	if err := ctx.Err(); err != nil {
		return checked{}, err
	}
	if err := c.valid(ctx, b, limit); err != nil {
		return checked{}, refusal(err)
	}
	return checked{module: module, info: infoOf(module, b), limit: limit}, nil
}

// refusal lists the reasons that an error joins.
func refusal(err error) *plugin.Refusal {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return &plugin.Refusal{Reasons: []string{err.Error()}}
	}
	r := &plugin.Refusal{}
	for _, reason := range joined.Unwrap() {
		r.Reasons = append(r.Reasons, reason.Error())
	}
	return r
}

// valid asks wazero whether the original module is valid. It has no function that only validates, but it compiles nothing
// once the context is done, which it looks at after it validated.
func (c *Config) valid(ctx context.Context, b []byte, limit int64) error {
	done, cancel := context.WithCancelCause(experimental.WithCompilationWorkers(ctx, compileWorkers))
	cancel(errValid)
	r := wazero.NewRuntimeWithConfig(ctx, c.runtimeConfig(limit))
	defer func() { _ = r.Close(ctx) }()
	if _, err := r.CompileModule(done, b); err != nil && !errors.Is(err, errValid) && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("it is not valid: %w", err)
	}
	return nil
}

var errValid = errors.New("validated")

func (c *Config) runtimeConfig(limit int64) wazero.RuntimeConfig {
	config := wazero.NewRuntimeConfig()
	if c.Interpreter {
		config = wazero.NewRuntimeConfigInterpreter()
	}
	return config.WithCoreFeatures(api.CoreFeaturesV2).WithMemoryLimitPages(uint32(limit / pageSize)).WithDebugInfoEnabled(false)
}

func infoOf(m *meter.Module, b []byte) plugin.Info {
	info := plugin.Info{Digest: plugin.DigestOf(b), Size: len(b)}
	for export, function := range map[string]plugin.Functions{
		abi.ExportValidate: plugin.CanValidate, abi.ExportSerialize: plugin.CanSerialize,
		abi.ExportDeserialize: plugin.CanDeserialize, abi.ExportPartition: plugin.CanPartition, abi.ExportAssign: plugin.CanAssign,
	} {
		if m.Has(export) {
			info.Functions |= function
		}
	}
	for _, i := range m.Imports {
		info.Imports = append(info.Imports, i.Module+"."+i.Name)
	}
	slices.Sort(info.Imports)
	return info
}

// compile makes a program ready to be instantiated.
func (p *program) compile(ctx context.Context, b []byte) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("BUG in the host: %v", r)
		}
		if err != nil {
			p.unload()
		}
	}()
	config := &p.engine.config
	c, err := config.check(ctx, b)
	if err != nil {
		return err
	}
	p.info, p.environment, p.wasi, p.used = c.info, environment(c.limit), c.module.WASI, c.module.Used
	rewritten, err := c.module.Instrument(sliceFuel)
	if err != nil {
		return refusal(err)
	}
	ctx, cancel := context.WithTimeout(experimental.WithCompilationWorkers(ctx, compileWorkers), config.CompileTimeout)
	defer cancel()
	settings := config.runtimeConfig(c.limit)
	if config.CacheDir != "" {
		if p.cache, err = wazero.NewCompilationCacheWithDir(config.CacheDir); err != nil {
			return fmt.Errorf("plugin cache: %w", err)
		}
		settings = settings.WithCompilationCache(p.cache)
	}
	p.runtime = wazero.NewRuntimeWithConfig(ctx, settings)
	if err := p.exportHosts(ctx, c.module.Imports); err != nil {
		return err
	}
	if p.compiled, err = p.runtime.CompileModule(ctx, rewritten); err != nil {
		if ctx.Err() != nil {
			return refusal(fmt.Errorf("compiling it takes longer than %s", config.CompileTimeout))
		}
		return refusal(fmt.Errorf("it can't be compiled: %w", err))
	}
	return nil
}

// exportHosts makes the import modules that the plugin uses.
func (p *program) exportHosts(ctx context.Context, imports []meter.Import) error {
	hosts := map[string][]hostFunction{meter.HostModule: refillFunction()}
	for _, i := range imports {
		switch i.Module {
		case abi.ImportModule:
			hosts[i.Module] = jackdawFunctions()
		case abi.WASIModule:
			hosts[i.Module] = wasiFunctions()
		}
	}
	for name, functions := range hosts {
		if err := exportHost(ctx, p.runtime, name, functions); err != nil {
			return fmt.Errorf("host module %s: %w", name, err)
		}
	}
	return nil
}

// unload gives up what compile made. Nothing may use it any more.
func (p *program) unload() {
	ctx := context.Background()
	if p.compiled != nil {
		_ = p.compiled.Close(ctx) // a runtime with a cache leaves the code behind
	}
	if p.runtime != nil {
		_ = p.runtime.Close(ctx)
	}
	if p.cache != nil {
		_ = p.cache.Close(ctx)
	}
	p.compiled, p.runtime, p.cache = nil, nil, nil
}
