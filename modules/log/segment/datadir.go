package segment

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/vfs"
)

// Files of a data directory.
const (
	lockFile          = ".lock"
	cleanShutdownFile = ".kafka_cleanshutdown"
)

// dataDir is one of log.dirs.
type dataDir struct {
	path   string
	fs     vfs.FS
	logger *zap.Logger
	id     kafka.TopicID

	cluster string // "" until Join
	node    kafka.NodeID

	lock     io.Closer
	recovery chan struct{}         // limits how many logs are recovered at once
	failed   atomic.Pointer[error] // why the directory is offline

	mu          sync.Mutex
	checkpoints [checkpointKinds]map[kafka.TopicPartition]int64
	clean       map[kafka.TopicPartition]bool // logs that need no recovery
}

// start locks the directory, checks whose it is, and reads its checkpoints.
func (d *dataDir) start(identity log.Identity) error {
	if absolute, err := filepath.Abs(d.path); err == nil { // as Kafka's tools show it
		d.path = filepath.ToSlash(absolute)
	}
	if err := d.create(); err != nil {
		return err
	}
	lock, err := vfs.Lock(d.fs, path.Join(d.path, lockFile))
	if errors.Is(err, vfs.ErrLocked) {
		return fmt.Errorf("log.dirs: %s is used by another broker that is running", d.path)
	}
	if err != nil {
		return err
	}
	d.lock = lock
	if err := d.checkFormat(); err != nil {
		return err
	}
	if err := d.checkIdentity(identity); err != nil {
		return err
	}
	for kind := range d.checkpoints {
		if d.checkpoints[kind], err = readCheckpoint(d.fs, path.Join(d.path, checkpointFiles[kind])); err != nil {
			// Every checkpoint only spares work: without them all logs are recovered from their beginning.
			d.logger.Warn("ignoring a damaged checkpoint", zap.String("file", checkpointFiles[kind]), zap.Error(err))
			d.checkpoints[kind] = map[kafka.TopicPartition]int64{}
		}
	}
	return nil
}

// create makes the directory and its parents, durably: a log directory must not vanish with everything in it.
func (d *dataDir) create() error {
	var missing []string
	for dir := d.path; dir != path.Dir(dir); dir = path.Dir(dir) {
		if _, err := d.fs.Stat(dir); !isMissing(err) {
			break
		}
		missing = append(missing, dir)
	}
	if err := d.fs.MkdirAll(d.path); err != nil {
		return err
	}
	for _, dir := range missing {
		if err := d.fs.SyncDir(path.Dir(dir)); err != nil {
			return err
		}
	}
	return nil
}

// scan lists the logs and returns the directories of deleted ones. It takes the clean shutdown marker away, so that a
// crash from here on is seen as one.
func (d *dataDir) scan() (found []log.Found, deleted []string, err error) {
	clean, err := d.takeMarker()
	if err != nil {
		return nil, nil, err
	}
	entries, err := d.fs.ReadDir(d.path)
	if err != nil {
		return nil, nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.clean = map[kafka.TopicPartition]bool{}
	for _, entry := range entries {
		if !entry.IsDir() {
			continue
		}
		if strings.HasSuffix(entry.Name(), deleteMark) {
			deleted = append(deleted, path.Join(d.path, entry.Name()))
			continue
		}
		tp, ok := parsePartitionDir(entry.Name())
		if !ok || tp.Topic == kafka.ClusterMetadataTopic {
			continue
		}
		id, err := readPartitionMetadata(d.fs, path.Join(d.path, entry.Name()))
		if errors.Is(err, errMetadata) {
			// A crash can leave it so. Whoever opens the log knows its topic id.
			d.logger.Warn("ignoring a damaged file", zap.Error(err))
		} else if err != nil {
			return nil, nil, err
		}
		found = append(found, log.Found{TopicPartition: tp, TopicID: id, Dir: d.path,
			LeaderEpochs: func() ([]byte, error) { return readEpochs(d.fs, path.Join(d.path, tp.String())) }})
		d.clean[tp] = clean
	}
	return found, deleted, nil
}

// takeMarker removes the clean shutdown marker and tells whether it was there.
func (d *dataDir) takeMarker() (bool, error) {
	marker := path.Join(d.path, cleanShutdownFile)
	if _, err := d.fs.Stat(marker); err != nil {
		return false, nil // at worst everything is recovered
	}
	return true, errors.Join(d.fs.Remove(marker), d.fs.SyncDir(d.path))
}

// takeClean tells whether a log was closed properly, and from now on it is not.
func (d *dataDir) takeClean(tp kafka.TopicPartition) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	clean := d.clean[tp]
	d.clean[tp] = false
	return clean
}

// setClean notes that a log was closed properly and is durable up to its end.
func (d *dataDir) setClean(tp kafka.TopicPartition) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.clean[tp] = true
}

// forget drops all that is known of a deleted log.
func (d *dataDir) forget(tp kafka.TopicPartition) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.clean, tp)
	for _, c := range d.checkpoints {
		delete(c, tp)
	}
}

// checkpoint returns an entry of a checkpoint.
func (d *dataDir) checkpoint(kind checkpointKind, tp kafka.TopicPartition, missing int64) int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	if offset, ok := d.checkpoints[kind][tp]; ok {
		return offset
	}
	return missing
}

// setCheckpoint changes an entry in memory; a negative offset removes it.
func (d *dataDir) setCheckpoint(kind checkpointKind, tp kafka.TopicPartition, offset int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if offset < 0 {
		delete(d.checkpoints[kind], tp)
	} else {
		d.checkpoints[kind][tp] = offset
	}
}

// writeCheckpoint stores one checkpoint file.
func (d *dataDir) writeCheckpoint(kind checkpointKind) error {
	d.mu.Lock()
	entries := maps.Clone(d.checkpoints[kind])
	d.mu.Unlock()
	return replaceFile(d.fs, path.Join(d.path, checkpointFiles[kind]), encodeCheckpoint(entries))
}

// stop leaves the clean shutdown marker if every log was closed properly, and gives up the lock.
func (d *dataDir) stop() error {
	if d.lock == nil {
		return nil
	}
	err := d.leaveMarker()
	err = errors.Join(err, d.lock.Close())
	d.lock = nil
	return err
}

func (d *dataDir) leaveMarker() error {
	if d.failed.Load() != nil || d.clean == nil {
		return nil
	}
	for kind := range checkpointKinds {
		if err := d.writeCheckpoint(kind); err != nil {
			return err
		}
	}
	for _, clean := range d.clean {
		if !clean {
			return nil
		}
	}
	// The epoch is for Kafka's controllers; a broker that does not know it writes -1.
	return replaceFile(d.fs, path.Join(d.path, cleanShutdownFile), []byte(`{"version":0,"brokerEpoch":-1}`))
}

// offline returns why the directory takes no work, or nil.
func (d *dataDir) offline() error {
	if err := d.failed.Load(); err != nil {
		return *err
	}
	return nil
}

// status describes the directory.
func (d *dataDir) status() log.DirStatus {
	total, free := vfs.Space(d.fs, d.path)
	return log.DirStatus{Path: d.path, ID: d.id, ClusterID: d.cluster, Total: total, Free: free, Err: d.offline()}
}
