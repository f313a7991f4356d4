package segment

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"

	"github.com/jackdawmq/jackdaw/core/vfs"
)

// isMissing tells whether an error says that a file is not there.
func isMissing(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// readFile reads a whole file of at most limit bytes.
func readFile(fsys vfs.FS, name string, limit int64) ([]byte, error) {
	file, err := fsys.OpenFile(name, os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	size, err := file.Size()
	if err != nil {
		return nil, err
	}
	if size > limit {
		return nil, fmt.Errorf("%s has %d bytes, more than %d", name, size, limit)
	}
	data := make([]byte, size)
	return data, readFull(file, data, 0)
}

// replaceFile writes a file so that a crash leaves the old contents or the new ones: tmp, fsync, rename, fsync of the
// directory.
func replaceFile(fsys vfs.FS, name string, data []byte) error {
	if err := writeFile(fsys, name+".tmp", data, true); err != nil {
		return err
	}
	if err := fsys.Rename(name+".tmp", name); err != nil {
		return err
	}
	return fsys.SyncDir(path.Dir(name))
}

// writeFile writes a whole file.
func writeFile(fsys vfs.FS, name string, data []byte, durable bool) error {
	file, err := fsys.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC)
	if err != nil {
		return err
	}
	if _, err = file.WriteAt(data, 0); err == nil && durable {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// syncFile makes the contents of a file durable.
func syncFile(fsys vfs.FS, name string) error {
	file, err := fsys.OpenFile(name, os.O_RDWR)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}
