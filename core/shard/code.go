package shard

import "github.com/jackdawmq/jackdaw/core/kafka"

// Code makes the error that a Done was given one that clients of a coordinator understand, as Kafka does: what will pass
// is COORDINATOR_NOT_AVAILABLE, a lost leadership or disk is NOT_COORDINATOR, so that the client looks for the coordinator
// again, and only records that can never be written are UNKNOWN_SERVER_ERROR.
func Code(err error) kafka.ErrorCode {
	switch code := kafka.CodeOf(err); code {
	case kafka.NotLeaderOrFollower, kafka.FencedLeaderEpoch, kafka.KafkaStorageError, kafka.NotCoordinator:
		return kafka.NotCoordinator
	case kafka.MessageTooLarge, kafka.RecordListTooLarge, kafka.InvalidRecord:
		return kafka.UnknownServerError
	case kafka.NoError, kafka.CoordinatorLoadInProgress:
		return code
	default:
		return kafka.CoordinatorNotAvailable
	}
}
