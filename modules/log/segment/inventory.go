package segment

import (
	"cmp"
	"maps"
	"slices"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/log"
)

// inventory lists the logs on disk, and counts those of each directory: a topic of thousands of partitions asks for every
// one of them which directory has the fewest.
type inventory struct {
	logs  map[kafka.TopicPartition]log.Found
	count map[string]int // by Found.Dir
}

func newInventory() inventory {
	return inventory{logs: map[kafka.TopicPartition]log.Found{}, count: map[string]int{}}
}

// put adds a log, or replaces what was known of it.
func (i *inventory) put(f log.Found) {
	i.drop(f.TopicPartition)
	i.logs[f.TopicPartition] = f
	i.count[f.Dir]++
}

// drop takes a log out; one that is not there is none.
func (i *inventory) drop(tp kafka.TopicPartition) {
	if f, ok := i.logs[tp]; ok {
		delete(i.logs, tp)
		i.count[f.Dir]--
	}
}

// sorted lists the logs by topic and partition.
func (i *inventory) sorted() []log.Found {
	return slices.SortedFunc(maps.Values(i.logs), func(a, b log.Found) int {
		return cmp.Or(cmp.Compare(a.TopicPartition.Topic, b.TopicPartition.Topic),
			cmp.Compare(a.TopicPartition.Partition, b.TopicPartition.Partition))
	})
}
