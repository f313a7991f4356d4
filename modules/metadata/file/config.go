package file

import (
	"errors"
	"path/filepath"
)

// Config holds the settings of this module under Kafka's names.
type Config struct {
	MetadataLogDir string   `config:"metadata.log.dir" doc:"Directory of the cluster metadata; empty: the first of log.dirs."`
	LogDirs        []string `config:"log.dirs"`
}

func defaultConfig() Config { return Config{LogDirs: []string{"./data"}} }

// Validate reports every setting that can't work.
func (c Config) Validate() error {
	if c.MetadataLogDir == "" && len(c.LogDirs) == 0 {
		return errors.New("metadata.log.dir: there is no directory for the metadata, as log.dirs names none")
	}
	return nil
}

// dirName is where the journal lies in its directory. It is no partition's name, so that log modules leave it alone.
const dirName = "__jackdaw_metadata"

// Dir returns the directory of the journal.
func (c Config) Dir() string {
	if c.MetadataLogDir != "" {
		return filepath.Join(c.MetadataLogDir, dirName)
	}
	return filepath.Join(c.LogDirs[0], dirName)
}
