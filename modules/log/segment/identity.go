package segment

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/magiconair/properties"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/vfs"
)

const (
	identityFile = "meta.properties"
	// formatFile is ours: Apache Kafka ignores it, and does not write it.
	formatFile = "jackdaw.properties"
	// formatVersion counts changes of the data directory that an older Jackdaw would not understand.
	formatVersion = 1
	// maxProperties bounds the two files above.
	maxProperties = 1 << 20
)

// readProperties reads a Java properties file. ok is false when there is none.
func readProperties(fsys vfs.FS, name string) (p *properties.Properties, ok bool, err error) {
	data, err := readFile(fsys, name, maxProperties)
	if isMissing(err) {
		return properties.NewProperties(), false, nil
	}
	if err != nil {
		return nil, false, err
	}
	loader := properties.Loader{Encoding: properties.UTF8, DisableExpansion: true}
	if p, err = loader.LoadBytes(data); err != nil {
		return nil, false, fmt.Errorf("%s: %w", name, err)
	}
	return p, true, nil
}

// checkFormat refuses a directory that a newer Jackdaw has written, and marks one that has no mark, be it new or written
// by Apache Kafka.
func (d *dataDir) checkFormat() error {
	name := path.Join(d.path, formatFile)
	p, ok, err := readProperties(d.fs, name)
	if err != nil {
		return err
	}
	if !ok {
		return replaceFile(d.fs, name, fmt.Appendf(nil, "format.version=%d\n", formatVersion))
	}
	text := p.GetString("format.version", "")
	version, err := strconv.Atoi(text)
	if err != nil || version < 1 {
		return fmt.Errorf("%s: format.version is %q, want a number", name, text)
	}
	if version > formatVersion {
		return fmt.Errorf("log.dirs: %s was written by a newer Jackdaw: its format is version %d, this one knows up to %d; "+
			"start the newer Jackdaw, or name another directory", d.path, version, formatVersion)
	}
	return nil
}

// checkIdentity refuses the directory of another broker or cluster, and completes meta.properties.
func (d *dataDir) checkIdentity(identity log.Identity) error {
	name := path.Join(d.path, identityFile)
	p, _, err := readProperties(d.fs, name)
	if err != nil {
		return err
	}
	node := strconv.Itoa(int(identity.NodeID))
	cluster, directory := p.GetString("cluster.id", ""), p.GetString("directory.id", "")
	if have := p.GetString("node.id", node); have != node {
		return fmt.Errorf("log.dirs: %s belongs to the broker with node.id=%s, this one has node.id=%s", d.path, have, node)
	}
	if cluster != "" && identity.ClusterID != "" && cluster != identity.ClusterID {
		return fmt.Errorf("log.dirs: %s belongs to cluster %s, this broker to cluster %s", d.path, cluster, identity.ClusterID)
	}
	d.node, d.cluster = identity.NodeID, cluster
	if directory != "" {
		if d.id, err = kafka.ParseTopicID(directory); err != nil {
			return fmt.Errorf("%s: directory.id: %w", name, err)
		}
		if cluster != "" || identity.ClusterID == "" {
			return nil
		}
	} else {
		d.id = kafka.NewTopicID()
	}
	if cluster == "" {
		d.cluster = identity.ClusterID
	}
	return d.writeIdentity()
}

func (d *dataDir) writeIdentity() error {
	return replaceFile(d.fs, path.Join(d.path, identityFile), encodeIdentity(strconv.Itoa(int(d.node)), d.cluster, d.id))
}

// Join completes the meta.properties of directories that belong to no cluster yet.
func (e *Engine) Join(_ context.Context, clusterID string) error {
	for _, d := range e.dirs {
		switch {
		case d.cluster == clusterID || d.offline() != nil:
		case d.cluster != "":
			return fmt.Errorf("log.dirs: %s belongs to cluster %s, this broker to cluster %s", d.path, d.cluster, clusterID)
		default:
			d.cluster = clusterID
			if err := d.writeIdentity(); err != nil {
				e.dirFailed(d, err)
			}
		}
	}
	return nil
}

// encodeIdentity writes meta.properties, version 1 (KIP-866, KIP-858).
func encodeIdentity(node, cluster string, directory kafka.TopicID) []byte {
	lines := []string{"version=1", "node.id=" + node, "directory.id=" + directory.String()}
	if cluster != "" {
		lines = append(lines, "cluster.id="+cluster)
	}
	return []byte(strings.Join(lines, "\n") + "\n")
}

// encodePartitionMetadata writes partition.metadata, which Kafka ends without a newline.
func encodePartitionMetadata(id kafka.TopicID) []byte {
	return []byte("version: 0\ntopic_id: " + id.String())
}

// readPartitionMetadata returns the topic id of a partition directory: the zero id when the file is missing, or empty as
// a crash can leave it.
func readPartitionMetadata(fsys vfs.FS, dir string) (kafka.TopicID, error) {
	name := path.Join(dir, partitionMetadataFile)
	data, err := readFile(fsys, name, maxProperties)
	if isMissing(err) || err == nil && len(data) == 0 {
		return kafka.TopicID{}, nil
	}
	if err != nil {
		return kafka.TopicID{}, err
	}
	id, err := parsePartitionMetadata(data)
	if err != nil {
		return kafka.TopicID{}, fmt.Errorf("%w: %s: %w", errMetadata, name, err)
	}
	return id, nil
}

// errMetadata says that a partition.metadata file can't be read as one.
var errMetadata = errors.New("damaged partition metadata")

func parsePartitionMetadata(data []byte) (kafka.TopicID, error) {
	version, rest, _ := strings.Cut(strings.TrimSuffix(string(data), "\n"), "\n")
	if version != "version: 0" {
		return kafka.TopicID{}, fmt.Errorf("want version 0, found %.40q", version)
	}
	text, ok := strings.CutPrefix(rest, "topic_id: ")
	if !ok {
		return kafka.TopicID{}, fmt.Errorf("want a topic_id, found %.40q", rest)
	}
	return kafka.ParseTopicID(text)
}
