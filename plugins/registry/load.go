package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/metadata"
	"github.com/jackdawmq/jackdaw/core/plugin"
)

// maxFile is the size of a plugin's file that is read at all: the engine's limit and a byte more, so that the engine says
// why it refuses it.
const maxFile = 16<<20 + 1

// fileTimeout bounds the deployment of one file at the start.
const fileTimeout = 2 * time.Minute

// load looks through the topic once, deletes what crashes left there, and deploys the files of the settings.
func (r *Registry) load(ctx context.Context) {
	var failed []error
	if err := r.survey(ctx); err != nil && ctx.Err() == nil {
		failed = append(failed, err)
	}
	for _, text := range r.settings.Files {
		if err := r.deployFile(ctx, text); err != nil && ctx.Err() == nil {
			failed = append(failed, err)
		}
	}
	for _, err := range failed {
		r.settings.Log.Error("plugins at the start", zap.Error(err))
	}
	if err := errors.Join(failed...); err != nil {
		r.settings.Health.Degraded(Component, err)
	}
}

// survey checks every deployed plugin and deletes the chunks of those that nobody deployed to the end.
func (r *Registry) survey(ctx context.Context) error {
	if err := r.lock(ctx); err != nil {
		return err
	}
	defer r.unlock()
	image := r.settings.Metadata.Image()
	deployed := map[plugin.Digest]*metadata.Plugin{}
	for _, p := range image.Plugins {
		deployed[p.Digest] = p
	}
	orphans := map[plugin.Digest]int{} // to the number of their chunks
	partial := map[plugin.Digest][]byte{}
	err := r.store.scan(ctx, func(d plugin.Digest, n int, value []byte) error {
		p := deployed[d]
		switch {
		case p == nil && value != nil:
			orphans[d] = max(orphans[d], n+1)
		case p == nil && n == 0: // deleted
			delete(orphans, d)
		case p != nil && n*chunkSize == len(partial[d]) && int64(len(partial[d])+len(value)) <= p.Size:
			partial[d] = append(partial[d], value...)
			if int64(len(partial[d])) == p.Size && plugin.DigestOf(partial[d]) == d {
				r.check(ctx, d, partial[d])
				delete(partial, d)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("reading the plugins: %w", err)
	}
	for d, chunks := range orphans {
		if err := r.store.remove(ctx, d, chunks); err != nil {
			return fmt.Errorf("deleting what is left of a plugin that was not deployed to the end: %w", err)
		}
		r.settings.Log.Info("deleted what was left of a plugin that was not deployed to the end", zap.Stringer("digest", d))
	}
	return r.missing(ctx, maps.Values(deployed))
}

// missing reports the plugins that can't be loaded.
func (r *Registry) missing(ctx context.Context, plugins func(func(*metadata.Plugin) bool)) error {
	var errs []error
	for p := range plugins {
		if e := r.examine(ctx, p); e.refused != "" {
			errs = append(errs, fmt.Errorf("plugin %s can't run on this broker: %s", p.Ref(), e.refused))
		}
	}
	return errors.Join(errs...)
}

// deployFile deploys a file that the settings name, with the test vectors that lie beside it.
func (r *Registry) deployFile(ctx context.Context, text string) error {
	f, err := parseFile(text)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, fileTimeout)
	defer cancel()
	b, err := readFile(f.path)
	if err != nil {
		return fmt.Errorf("plugin %s: %w", f.ref, err)
	}
	vectors, err := readFile(strings.TrimSuffix(f.path, ".wasm") + ".vectors")
	if errors.Is(err, os.ErrNotExist) {
		vectors, err = nil, nil
	}
	if err != nil {
		return fmt.Errorf("plugin %s: %w", f.ref, err)
	}
	if was := r.settings.Metadata.Image().Plugins[f.ref.String()]; was != nil && was.Digest == plugin.DigestOf(b) {
		if e := r.examine(ctx, was); e.refused == "" {
			return nil
		}
	}
	if _, err := r.Deploy(ctx, plugin.Deployment{Ref: f.ref, Bytes: b, Vectors: vectors}); err != nil {
		return fmt.Errorf("plugin %s from %s: %w", f.ref, f.path, err)
	}
	return nil
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(f, maxFile))
	return b, errors.Join(err, f.Close())
}
