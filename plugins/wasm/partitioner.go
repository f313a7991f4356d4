package wasm

import (
	"context"

	"github.com/jackdawmq/jackdaw/core/plugin"
)

// partitioner is a pool bound as a partitioner.
type partitioner struct{ *pool }

var _ plugin.Partitioner = (*partitioner)(nil)

// Partition chooses the partition of each record.
func (p *partitioner) Partition(ctx context.Context, b *plugin.Batch, out []int32) error {
	w := work{pool: p.pool, function: partition, batch: b, out: out[:len(b.Records)]}
	return w.run(ctx, plugin.CanPartition)
}

// partitions takes over what jd_partition answered.
func (i *instance) partitions(w *work, r int64, from, to, input int) *plugin.Failure {
	out := w.out[from:to]
	if r == 0 {
		for k := range out {
			out[k] = plugin.NoPartition
		}
		return nil
	}
	memory, _ := i.memory.Read(0, i.memory.Size())
	if err := readPartitions(memory, r, input, out, w.batch.NumPartitions); err != nil {
		return i.badOutput(err)
	}
	return nil
}
