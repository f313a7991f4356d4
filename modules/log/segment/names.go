package segment

import (
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/jackdawmq/jackdaw/core/kafka"
)

// Suffixes of the files of a segment. Each begins with the base offset as 20 digits; a snapshot with the first offset
// that it does not cover.
const (
	logSuffix       = ".log"
	indexSuffix     = ".index"
	timeIndexSuffix = ".timeindex"
	txnIndexSuffix  = ".txnindex"
	snapshotSuffix  = ".snapshot"
)

// Suffixes behind those, for files that are coming or going.
const (
	deletedSuffix = ".deleted" // about to be removed
	cleanedSuffix = ".cleaned" // compaction is writing it: worthless after a crash
	swapSuffix    = ".swap"    // compaction has finished it: it replaces what it was made from
)

// Files of a partition directory that belong to no segment.
const (
	partitionMetadataFile = "partition.metadata"
	leaderEpochFile       = "leader-epoch-checkpoint"
)

const offsetDigits = 20

// fileName returns the name of a segment's file.
func fileName(base int64, suffix string) string {
	return fmt.Sprintf("%0*d%s", offsetDigits, base, suffix)
}

// parseFileName splits the name of a segment's file. state is deletedSuffix, cleanedSuffix, swapSuffix or empty.
func parseFileName(name string) (base int64, suffix, state string, ok bool) {
	if len(name) <= offsetDigits || name[offsetDigits] != '.' {
		return 0, "", "", false
	}
	base, err := strconv.ParseInt(name[:offsetDigits], 10, 64)
	if err != nil || base < 0 || name[0] == '+' || base == math.MaxInt64 {
		return 0, "", "", false
	}
	suffix = name[offsetDigits:]
	for _, s := range []string{deletedSuffix, cleanedSuffix, swapSuffix} {
		if rest, found := strings.CutSuffix(suffix, s); found {
			suffix, state = rest, s
			break
		}
	}
	switch suffix {
	case logSuffix, indexSuffix, timeIndexSuffix, txnIndexSuffix, snapshotSuffix:
		return base, suffix, state, true
	}
	return 0, "", "", false
}

// parsePartitionDir reads the name of a live partition directory.
func parsePartitionDir(name string) (kafka.TopicPartition, bool) {
	dash := strings.LastIndexByte(name, '-')
	if dash < 1 {
		return kafka.TopicPartition{}, false
	}
	number := name[dash+1:]
	partition, err := strconv.ParseInt(number, 10, 32)
	if err != nil || partition < 0 || strconv.FormatInt(partition, 10) != number {
		return kafka.TopicPartition{}, false
	}
	topic := name[:dash]
	if topic == "." || topic == ".." || strings.ContainsAny(topic, `/\`) {
		return kafka.TopicPartition{}, false
	}
	return kafka.TopicPartition{Topic: topic, Partition: int32(partition)}, true
}

// Marks of partition directories that are no live ones.
const (
	deleteMark = "-delete" // a deleted topic: removed after file.delete.delay.ms, or at the next start
	strayMark  = "-stray"  // set aside, because its topic id was not the one expected
)

const maxFileName = 255

// asideName returns a new name for a partition directory: topic-partition.<32 hex digits><mark>, shortened at the front
// to what file systems allow, as Kafka does.
func asideName(tp kafka.TopicPartition, mark string) string {
	unique := kafka.NewTopicID()
	tail := fmt.Sprintf("-%d.%s%s", tp.Partition, hex.EncodeToString(unique[:]), mark)
	return tp.Topic[:min(len(tp.Topic), maxFileName-len(tail))] + tail
}
