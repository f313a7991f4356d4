package kafka

import "unicode/utf16"

// JavaHash is String.hashCode of Java: Kafka uses it to place groups and transactional ids on the partitions of its
// internal topics, and clients that look there expect the same place.
func JavaHash(s string) int32 {
	var h int32
	for _, c := range utf16.Encode([]rune(s)) {
		h = 31*h + int32(c)
	}
	return h
}

// CoordinatorPartition returns the partition of an internal topic with n partitions that owns a group or a
// transactional id. It is Kafka's Utils.abs(hash) % n, where the absolute value of the smallest integer is 0.
func CoordinatorPartition(id string, n int32) int32 {
	h := JavaHash(id)
	if h == -1<<31 {
		return 0
	}
	return max(h, -h) % n
}
