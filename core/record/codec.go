package record

import "strconv"

// Codec is how the records of a batch are compressed: the low three attribute bits.
type Codec int8

// The codecs of Kafka, by their numbers.
const (
	None   Codec = 0
	Gzip   Codec = 1
	Snappy Codec = 2
	LZ4    Codec = 3
	Zstd   Codec = 4
)

// ProducerCodec is the compression.type "producer": batches keep the codec that they came with.
const ProducerCodec Codec = -1

// DefaultLevel asks for the level that Kafka uses when none is configured.
const DefaultLevel = 0

// ParseCodec reads a value of the topic config compression.type; "none", a producer config, is accepted too.
func ParseCodec(name string) (Codec, bool) {
	switch name {
	case "producer":
		return ProducerCodec, true
	case "uncompressed", "none":
		return None, true
	case "gzip":
		return Gzip, true
	case "snappy":
		return Snappy, true
	case "lz4":
		return LZ4, true
	case "zstd":
		return Zstd, true
	}
	return None, false
}

// String returns the codec's name in Kafka's tools and producer configs.
func (c Codec) String() string {
	switch c {
	case ProducerCodec:
		return "producer"
	case None:
		return "none"
	case Gzip:
		return "gzip"
	case Snappy:
		return "snappy"
	case LZ4:
		return "lz4"
	case Zstd:
		return "zstd"
	}
	return "codec " + strconv.Itoa(int(c))
}
