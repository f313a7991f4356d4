// Package builtin has the plugins that are part of the broker. They are bound like deployed ones, as name@1:
//
//   - murmur2, fnv1a, crc32 and kafkajs1 are the default partitioners of Kafka's Java client (and franz-go, and kafkajs 2),
//     of sarama, of librdkafka and of kafkajs before its version 2. Bound to a topic in mode observe they show which producers place keys otherwise.
//   - utf8 and json are serializers that validate: a key or value must be that, or null.
//
// They take no configuration.
package builtin
