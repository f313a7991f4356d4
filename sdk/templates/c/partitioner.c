#include "jackdaw_plugin.h"

/* FNV-1a of the key. Records without a key go where the host decides. */
static int32_t choose(jd_slice key, jd_slice value, int32_t num_partitions) {
    (void)value;
    if (key.len < 0) return -1;
    uint32_t hash = 2166136261u;
    for (int32_t i = 0; i < key.len; i++) hash = (hash ^ key.data[i]) * 16777619u;
    return (int32_t)(hash % (uint32_t)num_partitions);
}

JD_PARTITIONER(choose)
