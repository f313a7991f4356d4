package file_test

import (
	"testing"

	"go.uber.org/zap/zaptest"

	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/core/metadata"
	"github.com/jackdawmq/jackdaw/core/metadata/metadatatest"
	"github.com/jackdawmq/jackdaw/core/vfs"
	"github.com/jackdawmq/jackdaw/modules/metadata/file"
)

func open(t *testing.T, fsys vfs.FS, dir string) *file.Controller {
	t.Helper()
	return file.New(file.Settings{FS: fsys, Dir: dir, Configs: config.NewResolver(nil), Log: zaptest.NewLogger(t)})
}

func TestMemory(t *testing.T) {
	metadatatest.Run(t, metadatatest.Factory{
		New: func(t *testing.T) metadata.Module { return open(t, nil, "") },
	})
}

func TestFile(t *testing.T) {
	metadatatest.Run(t, metadatatest.Factory{
		New: func(t *testing.T) metadata.Module { return open(t, vfs.OS{}, t.TempDir()+"/data/__jackdaw_metadata") },
		Reopen: func(t *testing.T, stopped metadata.Module) metadata.Module {
			c := stopped.(*file.Controller)
			return open(t, c.FS, c.Dir)
		},
	})
}
