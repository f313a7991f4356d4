package segment

// What the external tests need of the inside.
var (
	FileName          = fileName
	ParseFileName     = parseFileName
	ParsePartitionDir = parsePartitionDir
	AsideName         = asideName
	ParseCheckpoint   = parseCheckpoint
	EncodeCheckpoint  = encodeCheckpoint
)
