// Package vfs is the seam between Jackdaw and the file system. OS is the real one; Mem keeps everything in memory and can
// show what a machine that dies now would find after its restart; Faulty makes chosen operations fail. Log modules do all
// their file work through an FS, so that the same tests drive them over all three.
package vfs

import (
	"errors"
	"io"
	"io/fs"
	"syscall"
)

// ErrNoDescriptor is returned by File.SyscallConn of files that the operating system does not know, such as those of Mem.
var ErrNoDescriptor = errors.New("vfs: file has no descriptor")

// FS is a tree of files. Names are slash-separated paths as the os package takes them. All methods may be called at the
// same time by several goroutines.
type FS interface {
	// OpenFile opens a file with the flags of the os package (os.O_RDWR, os.O_CREATE, ...). New files get mode 0644.
	OpenFile(name string, flag int) (File, error)
	// Rename moves a file or a directory, replacing a file that is there. It is durable after SyncDir of both parents.
	Rename(from, to string) error
	// Remove deletes a file, or a directory with all that is in it. A missing name is no error.
	Remove(name string) error
	// MkdirAll creates a directory and its parents.
	MkdirAll(name string) error
	// ReadDir lists a directory, sorted by name.
	ReadDir(name string) ([]fs.DirEntry, error)
	// Stat describes a file. A missing one satisfies errors.Is(err, fs.ErrNotExist).
	Stat(name string) (fs.FileInfo, error)
	// SyncDir makes creations, renames and removals in a directory durable.
	SyncDir(name string) error
}

// File is an open file. Reads and writes name their position: there is no shared cursor. ReadAt and SyscallConn may be
// called by many goroutines, also while another one writes.
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	// Size returns the current length in bytes.
	Size() (int64, error)
	// Truncate changes the length in bytes.
	Truncate(size int64) error
	// Sync makes the contents durable (fsync).
	Sync() error
	// SyscallConn gives access to the descriptor for sendfile(2), or ErrNoDescriptor.
	SyscallConn() (syscall.RawConn, error)
}
