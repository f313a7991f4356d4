package file

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/jackdawmq/jackdaw/core/vfs"
)

const (
	magic         = "JACKDAWM"
	formatVersion = 1
	headerSize    = len(magic) + 4

	frameMarker     = "JDMF"
	frameHeaderSize = len(frameMarker) + 4 + 4

	journalName = "metadata.journal"
	// minTail is how many bytes of changes there may be before a new snapshot is worth its write.
	minTail = 1 << 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// journal is the open file. It is not safe for concurrent use: the controller's lock guards it.
type journal struct {
	fs       vfs.FS
	dir      string
	file     vfs.File
	lock     io.Closer
	size     int64 // bytes that are known to be whole and durable
	snapshot int64 // bytes up to the end of the first frame
	failed   error // why nothing can be written any more, or nil
}

// openJournal opens the journal of a directory, creating the directory. data is what is in it, nil when there is none
// yet: then rewrite must come first.
func openJournal(fsys vfs.FS, dir string) (j *journal, data []byte, err error) {
	if err := makeDir(fsys, dir); err != nil {
		return nil, nil, err
	}
	lock, err := vfs.Lock(fsys, filepath.Join(dir, ".lock"))
	if err != nil {
		return nil, nil, err
	}
	j = &journal{fs: fsys, dir: dir, lock: lock}
	j.file, err = fsys.OpenFile(j.path(), os.O_RDWR)
	if errors.Is(err, fs.ErrNotExist) {
		return j, nil, nil
	}
	if err == nil {
		data, err = readAll(j.file)
	}
	if err != nil {
		return nil, nil, errors.Join(err, j.close())
	}
	return j, data, nil
}

// makeDir creates a directory and its parents, durably.
func makeDir(fsys vfs.FS, dir string) error {
	missing := []string{}
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := fsys.Stat(at); !errors.Is(err, fs.ErrNotExist) || at == filepath.Dir(at) {
			break
		}
		missing = append(missing, at)
	}
	if err := fsys.MkdirAll(dir); err != nil {
		return err
	}
	for _, made := range missing {
		if err := fsys.SyncDir(filepath.Dir(made)); err != nil {
			return err
		}
	}
	return nil
}

func readAll(f vfs.File) ([]byte, error) {
	size, err := f.Size()
	if err != nil {
		return nil, err
	}
	data := make([]byte, size)
	if _, err := f.ReadAt(data, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return data, nil
}

func (j *journal) path() string { return filepath.Join(j.dir, journalName) }

// checkHeader refuses what is no journal, or one that this program is too old for.
func checkHeader(data []byte) error {
	if len(data) < headerSize || string(data[:len(magic)]) != magic {
		return errors.New("not a metadata journal")
	}
	if v := binary.BigEndian.Uint32(data[len(magic):]); v != formatVersion {
		return fmt.Errorf("format version %d, and this broker reads only %d: run a newer Jackdaw on it", v, formatVersion)
	}
	return nil
}

// scan calls f with the payload of each frame after the header and returns where the last whole one ends. Only the last
// frame can have been torn by a crash; damage before a whole frame is an error.
func scan(data []byte, f func(payload []byte) error) (end int, err error) {
	at := headerSize
	for at < len(data) {
		payload, ok := frameAt(data, at)
		if !ok {
			if next := nextFrame(data, at+1); next >= 0 {
				return at, fmt.Errorf("damaged at byte %d, while whole changes follow at byte %d: restore the file from a backup", at, next)
			}
			return at, nil
		}
		if err := f(payload); err != nil {
			return at, fmt.Errorf("change at byte %d: %w", at, err)
		}
		at += frameHeaderSize + len(payload)
	}
	return at, nil
}

func frameAt(data []byte, at int) (payload []byte, ok bool) {
	b := data[at:]
	if len(b) < frameHeaderSize || string(b[:len(frameMarker)]) != frameMarker {
		return nil, false
	}
	length := binary.BigEndian.Uint32(b[len(frameMarker):])
	sum := binary.BigEndian.Uint32(b[len(frameMarker)+4:])
	b = b[frameHeaderSize:]
	if uint64(length) > uint64(len(b)) {
		return nil, false
	}
	payload = b[:length]
	return payload, checksum(payload) == sum
}

// checksum covers the length, too: zeros, which is what a crash leaves where a frame was to be, are no frame.
func checksum(payload []byte) uint32 {
	length := binary.BigEndian.AppendUint32(nil, uint32(len(payload)))
	return crc32.Update(crc32.Checksum(length, castagnoli), castagnoli, payload)
}

func nextFrame(data []byte, at int) int {
	for at < len(data) {
		i := bytes.Index(data[at:], []byte(frameMarker))
		if i < 0 {
			return -1
		}
		at += i
		if _, ok := frameAt(data, at); ok {
			return at
		}
		at++
	}
	return -1
}

func appendFrame(b, payload []byte) []byte {
	b = append(b, frameMarker...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(payload)))
	b = binary.BigEndian.AppendUint32(b, checksum(payload))
	return append(b, payload...)
}

// truncate cuts a torn tail off, durably.
func (j *journal) truncate(size int64) error {
	if err := j.file.Truncate(size); err != nil {
		return err
	}
	j.size = size
	return j.file.Sync()
}

// append writes one change and makes it durable. After an error the change is not in the journal, or failed is set and
// only a restart tells.
func (j *journal) append(payload []byte) error {
	if j.failed != nil {
		return j.failed
	}
	frame := appendFrame(make([]byte, 0, frameHeaderSize+len(payload)), payload)
	if _, err := j.file.WriteAt(frame, j.size); err != nil {
		if undo := j.truncate(j.size); undo != nil {
			j.failed = errors.Join(err, undo)
		}
		return err
	}
	if err := j.file.Sync(); err != nil {
		j.failed = err
		return err
	}
	j.size += int64(len(frame))
	return nil
}

// outgrown reports whether the changes take more room than the snapshot before them.
func (j *journal) outgrown() bool { return j.size-j.snapshot > max(minTail, j.snapshot) }

// rewrite replaces the journal by one that begins with the given snapshot. If it fails before the new file is in place
// the old one goes on.
func (j *journal) rewrite(snapshot []byte) error {
	if j.failed != nil {
		return j.failed
	}
	data := append([]byte(magic), 0, 0, 0, formatVersion)
	data = appendFrame(data, snapshot)
	tmp := j.path() + ".tmp"
	file, err := j.fs.OpenFile(tmp, os.O_RDWR|os.O_CREATE|os.O_TRUNC)
	if err != nil {
		return err
	}
	_, err = file.WriteAt(data, 0)
	if err == nil {
		err = file.Sync()
	}
	if err == nil {
		err = j.fs.Rename(tmp, j.path())
	}
	if err != nil {
		return errors.Join(err, file.Close(), j.fs.Remove(tmp))
	}
	if err := j.fs.SyncDir(j.dir); err != nil {
		j.failed = err // which of the two files a crash leaves is unknown, so neither may grow
		return errors.Join(err, file.Close())
	}
	if j.file != nil {
		_ = j.file.Close() // all it held is in the new one
	}
	j.file, j.size, j.snapshot = file, int64(len(data)), int64(len(data))
	return nil
}

func (j *journal) close() error {
	var err error
	if j.file != nil {
		err = j.file.Close()
	}
	return errors.Join(err, j.lock.Close())
}
