package record

// What the tests of the codecs need: outside, records are only compressed and decompressed as part of a batch.
var (
	Compress   = compress
	Decompress = decompress
	XXH32      = xxh32

	ErrCompressed = errCompressed
	ErrLimit      = errLimit
)
