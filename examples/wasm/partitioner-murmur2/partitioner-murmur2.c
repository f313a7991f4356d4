/* Kafka's default partitioner for records with a key: murmur2 of the key, as the Java client computes it. Records without
 * a key go where the host decides. Bound with mode observe, it counts the records that a client with another hash (such as
 * librdkafka with its default, CRC32) put somewhere else. */
#include "jackdaw_plugin.h"

enum { SEED = 0x9747b28c, M = 0x5bd1e995, R = 24 };

static uint32_t murmur2(jd_slice key) {
    const uint8_t *p = key.data;
    uint32_t n = (uint32_t)key.len, h = (uint32_t)SEED ^ n;
    for (; n >= 4; p += 4, n -= 4) {
        uint32_t k;
        __builtin_memcpy(&k, p, 4);
        k *= M;
        k = (k ^ k >> R) * M;
        h = h * M ^ k;
    }
    if (n == 3) h ^= (uint32_t)p[2] << 16;
    if (n >= 2) h ^= (uint32_t)p[1] << 8;
    if (n >= 1) h = (h ^ p[0]) * M;
    h = (h ^ h >> 13) * M;
    return h ^ h >> 15;
}

static int32_t choose(jd_slice key, jd_slice value, int32_t num_partitions) {
    (void)value;
    return key.len < 0 ? -1 : (int32_t)((murmur2(key) & 0x7fffffff) % (uint32_t)num_partitions);
}

JD_PARTITIONER(choose)
