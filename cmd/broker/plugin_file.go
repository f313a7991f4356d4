package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/plugins/wasm"
	"github.com/jackdawmq/jackdaw/sdk/vectors"
)

// maxModule is the size of a file that is read as a plugin: the engine's limit and a byte more, so that the engine says
// that it is too large.
const maxModule = 16<<20 + 1

// program is plugin.Program, which commands run without a broker.
type program = plugin.Program

func readModule(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(f, maxModule))
	return b, errors.Join(err, f.Close())
}

// readVectors reads test vectors: those of the file that is named, else those beside the plugin or in its testdata; nil
// when there are none.
func readVectors(module, named string) ([]vectors.Group, error) {
	base := strings.TrimSuffix(filepath.Base(module), ".wasm") + ".vectors"
	candidates := []string{filepath.Join(filepath.Dir(module), base), filepath.Join(filepath.Dir(module), "testdata", base)}
	if named != "" {
		candidates = []string{named}
	}
	for _, path := range candidates {
		f, err := os.Open(path)
		if errors.Is(err, os.ErrNotExist) && named == "" {
			continue
		}
		if err != nil {
			return nil, err
		}
		groups, err := vectors.Parse(f)
		if err := errors.Join(err, f.Close()); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		return groups, nil
	}
	return nil, nil
}

// withEngine runs do with an engine of this process; file is where the module that it is for comes from.
func withEngine(ctx context.Context, file string, do func(*wasm.Engine) error) error {
	engine, err := wasm.New(wasm.Config{})
	if err != nil {
		return err
	}
	err = do(engine)
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if refusal, ok := errors.AsType[*plugin.Refusal](err); ok {
		err = refused(file, refusal.Reasons)
	}
	return errors.Join(err, engine.Stop(stop))
}

// withProgram runs do with a plugin that was loaded from a file in this process.
func withProgram(ctx context.Context, file string, b []byte, do func(*wasm.Engine, program) error) error {
	return withEngine(ctx, file, func(engine *wasm.Engine) error {
		p, err := engine.Load(ctx, b)
		if err != nil {
			return err
		}
		defer p.Close()
		return do(engine, p)
	})
}
