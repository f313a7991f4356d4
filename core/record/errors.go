package record

import (
	"errors"
	"fmt"

	"github.com/jackdawmq/jackdaw/core/kafka"
)

// Errors of this package carry the code that a client is answered with (kafka.CodeOf). Most carry no message for the
// response, because Kafka sends none; their text is for logs. ErrShort carries no code: fetched data may end anywhere.
var (
	// ErrShort says that there are not enough bytes for a batch header, or for the batch that the header announces.
	ErrShort = errors.New("record: batch is cut short")
	// ErrUnreadable says that what should be a batch header is none: Kafka answers every partition of such a request
	// with CORRUPT_MESSAGE. It always accompanies a *kafka.Error.
	ErrUnreadable = errors.New("record: unreadable batch header")
)

var (
	// errCompressed says that compressed records can't be decompressed.
	errCompressed = fmt.Errorf("record: undecodable compressed records: %w", kafka.CorruptMessage)
	// errLimit says that decompressed records are larger than the caller's limit. Clients answer MESSAGE_TOO_LARGE by
	// splitting the batch.
	errLimit = fmt.Errorf("record: decompressed records exceed the limit: %w", kafka.MessageTooLarge)
	// errMalformed says that the records of a batch are not what its header and their own lengths announce.
	errMalformed = fmt.Errorf("record: malformed record: %w", kafka.InvalidRecord)
	// errCodec says that a batch names a codec that does not exist.
	errCodec = fmt.Errorf("record: unknown compression codec: %w", kafka.InvalidRecord)
	// errFewRecords and errManyRecords say that a batch holds other records than it counts.
	errFewRecords  = fmt.Errorf("record: fewer records than the batch counts: %w", kafka.InvalidRecord)
	errManyRecords = fmt.Errorf("record: bytes remain after the last record: %w", kafka.InvalidRecord)
)
