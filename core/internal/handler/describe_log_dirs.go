package handler

// DescribeLogDirs (key 35), versions 1 to 5. Lists the log directories with the sizes of the partitions in them. Version 4
// brought the volume's size (KIP-827), 5 cordoned directories (KIP-1066), which this broker does not have.

import (
	"cmp"
	"slices"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/auth"
	"github.com/jackdawmq/jackdaw/core/internal/partition"
	"github.com/jackdawmq/jackdaw/core/kafka"
)

func (h *Handlers) describeLogDirs(c *api.Call, req *kmsg.DescribeLogDirsRequest) kmsg.Response {
	resp := kmsg.NewPtrDescribeLogDirsResponse()
	if !h.allowed(c, auth.Describe, auth.Cluster, auth.ClusterName) {
		resp.ErrorCode = int16(kafka.ClusterAuthorizationFailed)
		return resp
	}
	found := h.partitionsByDir(req.Topics)
	for _, d := range h.Partitions.Engine.Dirs() {
		dir := kmsg.NewDescribeLogDirsResponseDir()
		dir.Dir, dir.TotalBytes, dir.UsableBytes = d.Path, d.Total, d.Free
		if d.Err != nil {
			dir.ErrorCode = int16(kafka.KafkaStorageError)
		} else {
			dir.Topics = logDirTopics(found[d.Path])
		}
		resp.Dirs = append(resp.Dirs, dir)
	}
	return resp
}

// partitionsByDir groups the partitions that are asked for, all when topics is null, by log directory. Unknown ones are
// left out, as in Kafka.
func (h *Handlers) partitionsByDir(topics []kmsg.DescribeLogDirsRequestTopic) map[string][]*partition.Partition {
	found := make(map[string][]*partition.Partition)
	add := func(p *partition.Partition) bool {
		dir := p.LogStatus().Dir
		found[dir] = append(found[dir], p)
		return true
	}
	if topics == nil {
		h.Partitions.Each(add)
		return found
	}
	for _, t := range topics {
		slices.Sort(t.Partitions)
		for _, i := range slices.Compact(t.Partitions) {
			if p, err := h.Partitions.Lookup(kafka.TopicPartition{Topic: t.Topic, Partition: i}); err == nil {
				add(p)
			}
		}
	}
	return found
}

func logDirTopics(list []*partition.Partition) []kmsg.DescribeLogDirsResponseDirTopic {
	slices.SortFunc(list, func(a, b *partition.Partition) int {
		x, y := a.TopicPartition(), b.TopicPartition()
		return cmp.Or(cmp.Compare(x.Topic, y.Topic), cmp.Compare(x.Partition, y.Partition))
	})
	var topics []kmsg.DescribeLogDirsResponseDirTopic
	for _, p := range list {
		tp := p.TopicPartition()
		if n := len(topics); n == 0 || topics[n-1].Topic != tp.Topic {
			topics = append(topics, kmsg.NewDescribeLogDirsResponseDirTopic())
			topics[n].Topic = tp.Topic
		}
		answer := kmsg.NewDescribeLogDirsResponseDirTopicPartition()
		answer.Partition, answer.Size = tp.Partition, p.LogStatus().SizeBytes
		last := &topics[len(topics)-1]
		last.Partitions = append(last.Partitions, answer)
	}
	return topics
}
