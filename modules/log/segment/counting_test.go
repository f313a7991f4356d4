package segment_test

import (
	"sync/atomic"

	"github.com/jackdawmq/jackdaw/core/vfs"
)

// counting counts open files.
type counting struct {
	vfs.FS
	open atomic.Int64
}

func (c *counting) OpenFile(name string, flag int) (vfs.File, error) {
	f, err := c.FS.OpenFile(name, flag)
	if err != nil {
		return nil, err
	}
	c.open.Add(1)
	return &countedFile{File: f, fs: c}, nil
}

type countedFile struct {
	vfs.File
	fs *counting
}

func (f *countedFile) Close() error {
	f.fs.open.Add(-1)
	return f.File.Close()
}
