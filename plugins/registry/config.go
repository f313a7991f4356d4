package registry

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/jackdawmq/jackdaw/core/plugin"
)

// Config holds the settings of this module.
type Config struct {
	Plugins     []string `config:"plugins" doc:"Plugins to deploy at the start, as name@version=path, or in a file as a list of {name, version, path}. A version that exists with other bytes is left alone, and told in the log and in /readyz."`
	CacheDir    string   `config:"jackdaw.plugin.cache.dir" doc:"Private directory of compiled plugins; empty: __jackdaw_plugin_cache in the first of log.dirs, where that exists."`
	Interpreter bool     `config:"jackdaw.plugin.interpreter" doc:"Run plugins without native code: about fifty times slower, for plugins of people who are not trusted."`
	Memory      int64    `config:"jackdaw.plugin.memory.bytes" doc:"Limit of the memory of all plugins together."`
	LogDirs     []string `config:"log.dirs"`
}

func defaultConfig() Config { return Config{LogDirs: []string{"./data"}, Memory: 512 << 20} }

// Validate reports every setting that can't work.
func (c Config) Validate() error {
	var errs []error
	seen := map[plugin.Ref]bool{}
	for _, text := range c.Plugins {
		f, err := parseFile(text)
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("plugins: %w", err))
		case seen[f.ref]:
			errs = append(errs, fmt.Errorf("plugins: %s stands twice", f.ref))
		}
		seen[f.ref] = true
	}
	if c.Memory < 16<<20 {
		errs = append(errs, errors.New("jackdaw.plugin.memory.bytes: must be at least 16777216, the memory of one plugin"))
	}
	return errors.Join(errs...)
}

// cacheName is no partition's name, so that log modules leave it alone.
const cacheName = "__jackdaw_plugin_cache"

// defaultCacheDir is where compiled plugins are kept unless the settings say otherwise.
func (c Config) defaultCacheDir() string {
	if len(c.LogDirs) == 0 {
		return ""
	}
	return filepath.Join(c.LogDirs[0], cacheName)
}

// file is a plugin that the settings name.
type file struct {
	ref  plugin.Ref
	path string
}

func parseFile(text string) (file, error) {
	name, path, ok := strings.Cut(text, "=")
	name, path = strings.TrimSpace(name), strings.TrimSpace(path)
	if !ok || path == "" {
		return file{}, fmt.Errorf("%q is not name@version=path", text)
	}
	ref, err := plugin.ParseRef(name)
	switch {
	case err != nil:
		return file{}, err
	case !ref.Digest.IsZero():
		return file{}, fmt.Errorf("%q is a digest: want name@version=path", name)
	case plugin.ReservedName(ref.Name):
		return file{}, fmt.Errorf("%s is the name of a plugin of the broker itself", ref.Name)
	}
	return file{ref, path}, nil
}
