package vfs

import (
	"io/fs"
	"os"
	"syscall"
)

// OS is the file system of the operating system.
type OS struct{}

// OpenFile opens a file.
func (OS) OpenFile(name string, flag int) (File, error) {
	f, err := os.OpenFile(name, flag, 0o644)
	if err != nil {
		return nil, err
	}
	raw, err := f.SyscallConn()
	if err != nil {
		_ = f.Close() // nothing was written
		return nil, err
	}
	return &osFile{f, raw}, nil
}

// Rename moves a file or a directory.
func (OS) Rename(from, to string) error { return os.Rename(from, to) }

// Remove deletes a file or a whole directory.
func (OS) Remove(name string) error { return os.RemoveAll(name) }

// MkdirAll creates a directory and its parents with mode 0755.
func (OS) MkdirAll(name string) error { return os.MkdirAll(name, 0o755) }

// ReadDir lists a directory.
func (OS) ReadDir(name string) ([]fs.DirEntry, error) { return os.ReadDir(name) }

// Stat describes a file.
func (OS) Stat(name string) (fs.FileInfo, error) { return os.Stat(name) }

// SyncDir flushes a directory's entries.
func (OS) SyncDir(name string) error {
	d, err := os.Open(name)
	if err != nil {
		return err
	}
	err = d.Sync()
	if cerr := d.Close(); err == nil {
		err = cerr
	}
	return err
}

// osFile adds what os.File lacks.
type osFile struct {
	*os.File
	raw syscall.RawConn // made once: every fetch asks for it
}

// Size returns the length by fstat.
func (f *osFile) Size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// Sync makes the contents and the length durable; times may stay behind where the system can do that.
func (f *osFile) Sync() error { return syncFile(f.File) }

// SyscallConn gives access to the descriptor.
func (f *osFile) SyscallConn() (syscall.RawConn, error) { return f.raw, nil }

var (
	_ FS   = OS{}
	_ File = (*osFile)(nil)
)
