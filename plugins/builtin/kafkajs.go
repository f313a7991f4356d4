package builtin

// kafkajs1 is the partitioner that kafkajs had before its version 2, its LegacyPartitioner since: murmur2 in the numbers of
// JavaScript. Products are rounded to 53 bits, and the last bytes of a key are mixed in twice.
func kafkajs1(key []byte, n int32) int32 {
	const m = 0x5bd1e995
	h := float64(int32(uint32(0x9747b28c) ^ uint32(len(key))))
	for i := 0; i < len(key); i += 4 {
		var k float64 // as int32 terms that are added up
		for j := range min(4, len(key)-i) {
			k += float64(int32(uint32(key[i+j]) << (8 * j)))
		}
		k *= m
		k = float64(toInt32(k)^int32(uint32(toInt32(k))>>24)) * m
		h = float64(toInt32(h*m) ^ toInt32(k))
	}
	tail := key[len(key)&^3:]
	for j := len(tail) - 1; j >= 0; j-- {
		h = float64(toInt32(h) ^ int32(tail[j])<<(8*j))
	}
	if len(tail) > 0 {
		h *= m
	}
	h = float64(toInt32(h)^int32(uint32(toInt32(h))>>13)) * m
	hash := toInt32(h) ^ int32(uint32(toInt32(h))>>15)
	return (hash & 0x7fffffff) % n
}

// toInt32 is what JavaScript's bit operators do to a number: its low 32 bits. The numbers here are integers below 2^63.
func toInt32(f float64) int32 { return int32(uint32(int64(f))) }
