package segment

// Names that the tests of other packages' files need.
var (
	ParseFileName          = parseFileName
	ParsePartitionDir      = parsePartitionDir
	AsideName              = asideName
	ParseCheckpoint        = parseCheckpoint
	EncodeCheckpoint       = encodeCheckpoint
	ParsePartitionMetadata = parsePartitionMetadata
)
