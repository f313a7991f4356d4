package vfs

import (
	"errors"
	"io/fs"
)

// OpKind names an operation that Faulty can make fail.
type OpKind uint8

// The operations of FS and File that change something or read file contents.
const (
	OpOpen OpKind = iota
	OpRead
	OpWrite
	OpTruncate
	OpSync
	OpSyncDir
	OpRename
	OpRemove
	OpMkdir
	OpReadDir
)

// Op is an operation about to happen.
type Op struct {
	Kind OpKind
	Name string // of the file as it was opened; for a rename the old name
	Off  int64  // of a read or write, or the length that a truncation asks for
	Len  int    // bytes of a read or write
}

// Torn is what a Faulty's hook returns for a write to let its first N bytes through before it fails with Err.
type Torn struct {
	N   int
	Err error
}

// Error describes the cause.
func (t *Torn) Error() string { return "torn write: " + t.Err.Error() }

// Unwrap returns the cause.
func (t *Torn) Unwrap() error { return t.Err }

// Faulty passes everything on to FS, except what its hook refuses.
type Faulty struct {
	FS FS
	// Hook is asked before each operation; an error makes it fail without being done. It may be called by several
	// goroutines at once.
	Hook func(Op) error
}

// OpenFile opens a file whose operations are asked for, too.
func (f *Faulty) OpenFile(name string, flag int) (File, error) {
	if err := f.Hook(Op{Kind: OpOpen, Name: name}); err != nil {
		return nil, err
	}
	file, err := f.FS.OpenFile(name, flag)
	if err != nil {
		return nil, err
	}
	return &faultyFile{File: file, fs: f, name: name}, nil
}

// Rename moves a file or a directory.
func (f *Faulty) Rename(from, to string) error {
	if err := f.Hook(Op{Kind: OpRename, Name: from}); err != nil {
		return err
	}
	return f.FS.Rename(from, to)
}

// Remove deletes a file or a directory.
func (f *Faulty) Remove(name string) error {
	if err := f.Hook(Op{Kind: OpRemove, Name: name}); err != nil {
		return err
	}
	return f.FS.Remove(name)
}

// MkdirAll creates a directory and its parents.
func (f *Faulty) MkdirAll(name string) error {
	if err := f.Hook(Op{Kind: OpMkdir, Name: name}); err != nil {
		return err
	}
	return f.FS.MkdirAll(name)
}

// ReadDir lists a directory.
func (f *Faulty) ReadDir(name string) ([]fs.DirEntry, error) {
	if err := f.Hook(Op{Kind: OpReadDir, Name: name}); err != nil {
		return nil, err
	}
	return f.FS.ReadDir(name)
}

// Stat describes a file; it never fails on purpose.
func (f *Faulty) Stat(name string) (fs.FileInfo, error) { return f.FS.Stat(name) }

// SyncDir flushes a directory's entries.
func (f *Faulty) SyncDir(name string) error {
	if err := f.Hook(Op{Kind: OpSyncDir, Name: name}); err != nil {
		return err
	}
	return f.FS.SyncDir(name)
}

type faultyFile struct {
	File
	fs   *Faulty
	name string
}

// ReadAt reads, or fails.
func (f *faultyFile) ReadAt(p []byte, off int64) (int, error) {
	if err := f.fs.Hook(Op{Kind: OpRead, Name: f.name, Off: off, Len: len(p)}); err != nil {
		return 0, err
	}
	return f.File.ReadAt(p, off)
}

// WriteAt writes, fails, or writes a part and fails.
func (f *faultyFile) WriteAt(p []byte, off int64) (int, error) {
	err := f.fs.Hook(Op{Kind: OpWrite, Name: f.name, Off: off, Len: len(p)})
	if err == nil {
		return f.File.WriteAt(p, off)
	}
	if torn, ok := errors.AsType[*Torn](err); ok {
		n, werr := f.File.WriteAt(p[:min(torn.N, len(p))], off)
		return n, errors.Join(torn.Err, werr)
	}
	return 0, err
}

// Truncate changes the length, or fails.
func (f *faultyFile) Truncate(size int64) error {
	if err := f.fs.Hook(Op{Kind: OpTruncate, Name: f.name, Off: size}); err != nil {
		return err
	}
	return f.File.Truncate(size)
}

// Sync makes the contents durable, or fails.
func (f *faultyFile) Sync() error {
	if err := f.fs.Hook(Op{Kind: OpSync, Name: f.name}); err != nil {
		return err
	}
	return f.File.Sync()
}

var (
	_ FS   = (*Faulty)(nil)
	_ File = (*faultyFile)(nil)
)
