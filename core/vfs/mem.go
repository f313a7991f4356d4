package vfs

import (
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
)

// Mem is a file system in memory. It keeps what is durable apart from what was only written: see CrashClone.
type Mem struct {
	mu   sync.Mutex // guards the tree; contents have their own lock
	root *memNode
}

// NewMem returns an empty file system.
func NewMem() *Mem { return &Mem{root: newMemDir()} }

// memNode is a directory or a file.
type memNode struct {
	dir  *memDir
	file *memFile
}

// memDir holds a directory's entries as they are now and as the last SyncDir left them, with the changes between.
type memDir struct {
	entries map[string]*memNode
	durable map[string]*memNode
	pending []memChange
	modTime time.Time
}

// memChange is one change of a directory that no SyncDir has covered: name now means node, or nothing.
type memChange struct {
	name string
	node *memNode
}

func newMemDir() *memNode {
	return &memNode{dir: &memDir{
		entries: map[string]*memNode{}, durable: map[string]*memNode{}, modTime: time.Now(),
	}}
}

func (d *memDir) set(name string, n *memNode) {
	if n == nil {
		delete(d.entries, name)
	} else {
		d.entries[name] = n
	}
	d.pending = append(d.pending, memChange{name, n})
	d.modTime = time.Now()
}

// split cleans a name; both rooted and relative names start at the root.
func split(name string) []string {
	name = strings.Trim(path.Clean("/"+strings.ReplaceAll(name, `\`, "/")), "/")
	if name == "" {
		return nil
	}
	return strings.Split(name, "/")
}

func pathError(op, name string, err error) error { return &fs.PathError{Op: op, Path: name, Err: err} }

// find walks to a node; nil when there is none. Called with mu held.
func (m *Mem) find(parts []string) *memNode {
	n := m.root
	for _, p := range parts {
		if n == nil || n.dir == nil {
			return nil
		}
		n = n.dir.entries[p]
	}
	return n
}

// parent returns the directory that holds (or would hold) a name. Called with mu held.
func (m *Mem) parent(op, name string) (*memDir, string, error) {
	parts := split(name)
	if len(parts) == 0 {
		return nil, "", pathError(op, name, fs.ErrInvalid)
	}
	n := m.find(parts[:len(parts)-1])
	if n == nil || n.dir == nil {
		return nil, "", pathError(op, name, fs.ErrNotExist)
	}
	return n.dir, parts[len(parts)-1], nil
}

// OpenFile opens or creates a file.
func (m *Mem) OpenFile(name string, flag int) (File, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	dir, base, err := m.parent("open", name)
	if err != nil {
		return nil, err
	}
	n := dir.entries[base]
	switch {
	case n == nil && flag&os.O_CREATE == 0:
		return nil, pathError("open", name, fs.ErrNotExist)
	case n == nil:
		n = &memNode{file: &memFile{modTime: time.Now()}}
		dir.set(base, n)
	case n.dir != nil:
		return nil, pathError("open", name, fs.ErrInvalid)
	case flag&os.O_EXCL != 0:
		return nil, pathError("open", name, fs.ErrExist)
	}
	if flag&os.O_TRUNC != 0 {
		n.file.truncate(0)
	}
	return &memHandle{f: n.file, name: name, writable: flag&(os.O_RDWR|os.O_WRONLY) != 0}, nil
}

// Rename moves a file or a directory.
func (m *Mem) Rename(from, to string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	src, a, err := m.parent("rename", from)
	if err != nil {
		return err
	}
	n := src.entries[a]
	if n == nil {
		return pathError("rename", from, fs.ErrNotExist)
	}
	dst, b, err := m.parent("rename", to)
	if err != nil {
		return err
	}
	if old := dst.entries[b]; old != nil && old.dir != nil {
		return pathError("rename", to, fs.ErrExist)
	}
	dst.set(b, n)
	src.set(a, nil)
	if src == dst { // one change: a crash leaves the old name or the new one
		k := len(src.pending)
		src.pending = append(src.pending[:k-2], memChange{name: renameMark}, src.pending[k-2], src.pending[k-1])
	}
	return nil
}

// renameMark stands before the two changes of a rename within a directory, which happen together.
const renameMark = "/"

// Remove deletes a file or a whole directory.
func (m *Mem) Remove(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	parts := split(name)
	if m.find(parts) == nil {
		return nil
	}
	dir, base, err := m.parent("remove", name)
	if err != nil {
		return err
	}
	dir.set(base, nil)
	return nil
}

// MkdirAll creates a directory and its parents.
func (m *Mem) MkdirAll(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := m.root
	for _, p := range split(name) {
		next := n.dir.entries[p]
		if next == nil {
			next = newMemDir()
			n.dir.set(p, next)
		}
		if next.dir == nil {
			return pathError("mkdir", name, fs.ErrExist)
		}
		n = next
	}
	return nil
}

// ReadDir lists a directory.
func (m *Mem) ReadDir(name string) ([]fs.DirEntry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := m.find(split(name))
	if n == nil || n.dir == nil {
		return nil, pathError("readdir", name, fs.ErrNotExist)
	}
	list := make([]fs.DirEntry, 0, len(n.dir.entries))
	for base, child := range n.dir.entries {
		list = append(list, fs.FileInfoToDirEntry(infoOf(base, child)))
	}
	slices.SortFunc(list, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return list, nil
}

// Stat describes a file or a directory.
func (m *Mem) Stat(name string) (fs.FileInfo, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := m.find(split(name))
	if n == nil {
		return nil, pathError("stat", name, fs.ErrNotExist)
	}
	return infoOf(path.Base(name), n), nil
}

// SyncDir makes the entries of a directory durable.
func (m *Mem) SyncDir(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := m.find(split(name))
	if n == nil || n.dir == nil {
		return pathError("sync", name, fs.ErrNotExist)
	}
	n.dir.apply(len(n.dir.pending))
	return nil
}

// apply makes the first n pending changes durable.
func (d *memDir) apply(n int) {
	for _, c := range d.pending[:n] {
		switch {
		case c.name == renameMark:
		case c.node == nil:
			delete(d.durable, c.name)
		default:
			d.durable[c.name] = c.node
		}
	}
	d.pending = append(d.pending[:0], d.pending[n:]...)
}

// memInfo is a fs.FileInfo.
type memInfo struct {
	name string
	size int64
	mod  time.Time
	dir  bool
}

func infoOf(name string, n *memNode) memInfo {
	if n.dir != nil {
		return memInfo{name: name, mod: n.dir.modTime, dir: true}
	}
	n.file.mu.RLock()
	defer n.file.mu.RUnlock()
	return memInfo{name: name, size: int64(len(n.file.now)), mod: n.file.modTime}
}

func (i memInfo) Name() string       { return i.name }
func (i memInfo) Size() int64        { return i.size }
func (i memInfo) ModTime() time.Time { return i.mod }
func (i memInfo) IsDir() bool        { return i.dir }
func (i memInfo) Sys() any           { return nil }
func (i memInfo) Mode() fs.FileMode {
	if i.dir {
		return fs.ModeDir | 0o755
	}
	return 0o644
}

var _ FS = (*Mem)(nil)
