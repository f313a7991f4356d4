package kafka

// The error codes of the Kafka protocol, by their names in Apache Kafka 4.4 (org.apache.kafka.common.protocol.Errors).
const (
	// NoError says that the operation succeeded.
	NoError ErrorCode = 0

	// UnknownServerError is UNKNOWN_SERVER_ERROR.
	UnknownServerError ErrorCode = -1
	// OffsetOutOfRange is OFFSET_OUT_OF_RANGE.
	OffsetOutOfRange ErrorCode = 1
	// CorruptMessage is CORRUPT_MESSAGE (clients retry it).
	CorruptMessage ErrorCode = 2
	// UnknownTopicOrPartition is UNKNOWN_TOPIC_OR_PARTITION (clients retry it).
	UnknownTopicOrPartition ErrorCode = 3
	// InvalidFetchSize is INVALID_FETCH_SIZE.
	InvalidFetchSize ErrorCode = 4
	// LeaderNotAvailable is LEADER_NOT_AVAILABLE (clients retry it).
	LeaderNotAvailable ErrorCode = 5
	// NotLeaderOrFollower is NOT_LEADER_OR_FOLLOWER (clients retry it).
	NotLeaderOrFollower ErrorCode = 6
	// RequestTimedOut is REQUEST_TIMED_OUT (clients retry it).
	RequestTimedOut ErrorCode = 7
	// BrokerNotAvailable is BROKER_NOT_AVAILABLE (clients retry it).
	BrokerNotAvailable ErrorCode = 8
	// ReplicaNotAvailable is REPLICA_NOT_AVAILABLE (clients retry it).
	ReplicaNotAvailable ErrorCode = 9
	// MessageTooLarge is MESSAGE_TOO_LARGE.
	MessageTooLarge ErrorCode = 10
	// StaleControllerEpoch is STALE_CONTROLLER_EPOCH.
	StaleControllerEpoch ErrorCode = 11
	// OffsetMetadataTooLarge is OFFSET_METADATA_TOO_LARGE.
	OffsetMetadataTooLarge ErrorCode = 12
	// NetworkException is NETWORK_EXCEPTION (clients retry it).
	NetworkException ErrorCode = 13
	// CoordinatorLoadInProgress is COORDINATOR_LOAD_IN_PROGRESS (clients retry it).
	CoordinatorLoadInProgress ErrorCode = 14
	// CoordinatorNotAvailable is COORDINATOR_NOT_AVAILABLE (clients retry it).
	CoordinatorNotAvailable ErrorCode = 15
	// NotCoordinator is NOT_COORDINATOR (clients retry it).
	NotCoordinator ErrorCode = 16
	// InvalidTopicException is INVALID_TOPIC_EXCEPTION.
	InvalidTopicException ErrorCode = 17
	// RecordListTooLarge is RECORD_LIST_TOO_LARGE.
	RecordListTooLarge ErrorCode = 18
	// NotEnoughReplicas is NOT_ENOUGH_REPLICAS (clients retry it).
	NotEnoughReplicas ErrorCode = 19
	// NotEnoughReplicasAfterAppend is NOT_ENOUGH_REPLICAS_AFTER_APPEND (clients retry it).
	NotEnoughReplicasAfterAppend ErrorCode = 20
	// InvalidRequiredAcks is INVALID_REQUIRED_ACKS.
	InvalidRequiredAcks ErrorCode = 21
	// IllegalGeneration is ILLEGAL_GENERATION.
	IllegalGeneration ErrorCode = 22
	// InconsistentGroupProtocol is INCONSISTENT_GROUP_PROTOCOL.
	InconsistentGroupProtocol ErrorCode = 23
	// InvalidGroupID is INVALID_GROUP_ID.
	InvalidGroupID ErrorCode = 24
	// UnknownMemberID is UNKNOWN_MEMBER_ID.
	UnknownMemberID ErrorCode = 25
	// InvalidSessionTimeout is INVALID_SESSION_TIMEOUT.
	InvalidSessionTimeout ErrorCode = 26
	// RebalanceInProgress is REBALANCE_IN_PROGRESS.
	RebalanceInProgress ErrorCode = 27
	// InvalidCommitOffsetSize is INVALID_COMMIT_OFFSET_SIZE.
	InvalidCommitOffsetSize ErrorCode = 28
	// TopicAuthorizationFailed is TOPIC_AUTHORIZATION_FAILED.
	TopicAuthorizationFailed ErrorCode = 29
	// GroupAuthorizationFailed is GROUP_AUTHORIZATION_FAILED.
	GroupAuthorizationFailed ErrorCode = 30
	// ClusterAuthorizationFailed is CLUSTER_AUTHORIZATION_FAILED.
	ClusterAuthorizationFailed ErrorCode = 31
	// InvalidTimestamp is INVALID_TIMESTAMP.
	InvalidTimestamp ErrorCode = 32
	// UnsupportedSASLMechanism is UNSUPPORTED_SASL_MECHANISM.
	UnsupportedSASLMechanism ErrorCode = 33
	// IllegalSASLState is ILLEGAL_SASL_STATE.
	IllegalSASLState ErrorCode = 34
	// UnsupportedVersion is UNSUPPORTED_VERSION.
	UnsupportedVersion ErrorCode = 35
	// TopicAlreadyExists is TOPIC_ALREADY_EXISTS.
	TopicAlreadyExists ErrorCode = 36
	// InvalidPartitions is INVALID_PARTITIONS.
	InvalidPartitions ErrorCode = 37
	// InvalidReplicationFactor is INVALID_REPLICATION_FACTOR.
	InvalidReplicationFactor ErrorCode = 38
	// InvalidReplicaAssignment is INVALID_REPLICA_ASSIGNMENT.
	InvalidReplicaAssignment ErrorCode = 39
	// InvalidConfig is INVALID_CONFIG.
	InvalidConfig ErrorCode = 40
	// NotController is NOT_CONTROLLER (clients retry it).
	NotController ErrorCode = 41
	// InvalidRequest is INVALID_REQUEST.
	InvalidRequest ErrorCode = 42
	// UnsupportedForMessageFormat is UNSUPPORTED_FOR_MESSAGE_FORMAT.
	UnsupportedForMessageFormat ErrorCode = 43
	// PolicyViolation is POLICY_VIOLATION.
	PolicyViolation ErrorCode = 44
	// OutOfOrderSequenceNumber is OUT_OF_ORDER_SEQUENCE_NUMBER.
	OutOfOrderSequenceNumber ErrorCode = 45
	// DuplicateSequenceNumber is DUPLICATE_SEQUENCE_NUMBER.
	DuplicateSequenceNumber ErrorCode = 46
	// InvalidProducerEpoch is INVALID_PRODUCER_EPOCH.
	InvalidProducerEpoch ErrorCode = 47
	// InvalidTxnState is INVALID_TXN_STATE.
	InvalidTxnState ErrorCode = 48
	// InvalidProducerIDMapping is INVALID_PRODUCER_ID_MAPPING.
	InvalidProducerIDMapping ErrorCode = 49
	// InvalidTransactionTimeout is INVALID_TRANSACTION_TIMEOUT.
	InvalidTransactionTimeout ErrorCode = 50
	// ConcurrentTransactions is CONCURRENT_TRANSACTIONS.
	ConcurrentTransactions ErrorCode = 51
	// TransactionCoordinatorFenced is TRANSACTION_COORDINATOR_FENCED.
	TransactionCoordinatorFenced ErrorCode = 52
	// TransactionalIDAuthorizationFailed is TRANSACTIONAL_ID_AUTHORIZATION_FAILED.
	TransactionalIDAuthorizationFailed ErrorCode = 53
	// SecurityDisabled is SECURITY_DISABLED.
	SecurityDisabled ErrorCode = 54
	// OperationNotAttempted is OPERATION_NOT_ATTEMPTED.
	OperationNotAttempted ErrorCode = 55
	// KafkaStorageError is KAFKA_STORAGE_ERROR (clients retry it).
	KafkaStorageError ErrorCode = 56
	// LogDirNotFound is LOG_DIR_NOT_FOUND.
	LogDirNotFound ErrorCode = 57
	// SASLAuthenticationFailed is SASL_AUTHENTICATION_FAILED.
	SASLAuthenticationFailed ErrorCode = 58
	// UnknownProducerID is UNKNOWN_PRODUCER_ID.
	UnknownProducerID ErrorCode = 59
	// ReassignmentInProgress is REASSIGNMENT_IN_PROGRESS.
	ReassignmentInProgress ErrorCode = 60
	// DelegationTokenAuthDisabled is DELEGATION_TOKEN_AUTH_DISABLED.
	DelegationTokenAuthDisabled ErrorCode = 61
	// DelegationTokenNotFound is DELEGATION_TOKEN_NOT_FOUND.
	DelegationTokenNotFound ErrorCode = 62
	// DelegationTokenOwnerMismatch is DELEGATION_TOKEN_OWNER_MISMATCH.
	DelegationTokenOwnerMismatch ErrorCode = 63
	// DelegationTokenRequestNotAllowed is DELEGATION_TOKEN_REQUEST_NOT_ALLOWED.
	DelegationTokenRequestNotAllowed ErrorCode = 64
	// DelegationTokenAuthorizationFailed is DELEGATION_TOKEN_AUTHORIZATION_FAILED.
	DelegationTokenAuthorizationFailed ErrorCode = 65
	// DelegationTokenExpired is DELEGATION_TOKEN_EXPIRED.
	DelegationTokenExpired ErrorCode = 66
	// InvalidPrincipalType is INVALID_PRINCIPAL_TYPE.
	InvalidPrincipalType ErrorCode = 67
	// NonEmptyGroup is NON_EMPTY_GROUP.
	NonEmptyGroup ErrorCode = 68
	// GroupIDNotFound is GROUP_ID_NOT_FOUND.
	GroupIDNotFound ErrorCode = 69
	// FetchSessionIDNotFound is FETCH_SESSION_ID_NOT_FOUND (clients retry it).
	FetchSessionIDNotFound ErrorCode = 70
	// InvalidFetchSessionEpoch is INVALID_FETCH_SESSION_EPOCH (clients retry it).
	InvalidFetchSessionEpoch ErrorCode = 71
	// ListenerNotFound is LISTENER_NOT_FOUND (clients retry it).
	ListenerNotFound ErrorCode = 72
	// TopicDeletionDisabled is TOPIC_DELETION_DISABLED.
	TopicDeletionDisabled ErrorCode = 73
	// FencedLeaderEpoch is FENCED_LEADER_EPOCH (clients retry it).
	FencedLeaderEpoch ErrorCode = 74
	// UnknownLeaderEpoch is UNKNOWN_LEADER_EPOCH (clients retry it).
	UnknownLeaderEpoch ErrorCode = 75
	// UnsupportedCompressionType is UNSUPPORTED_COMPRESSION_TYPE.
	UnsupportedCompressionType ErrorCode = 76
	// StaleBrokerEpoch is STALE_BROKER_EPOCH.
	StaleBrokerEpoch ErrorCode = 77
	// OffsetNotAvailable is OFFSET_NOT_AVAILABLE (clients retry it).
	OffsetNotAvailable ErrorCode = 78
	// MemberIDRequired is MEMBER_ID_REQUIRED.
	MemberIDRequired ErrorCode = 79
	// PreferredLeaderNotAvailable is PREFERRED_LEADER_NOT_AVAILABLE (clients retry it).
	PreferredLeaderNotAvailable ErrorCode = 80
	// GroupMaxSizeReached is GROUP_MAX_SIZE_REACHED.
	GroupMaxSizeReached ErrorCode = 81
	// FencedInstanceID is FENCED_INSTANCE_ID.
	FencedInstanceID ErrorCode = 82
	// EligibleLeadersNotAvailable is ELIGIBLE_LEADERS_NOT_AVAILABLE (clients retry it).
	EligibleLeadersNotAvailable ErrorCode = 83
	// ElectionNotNeeded is ELECTION_NOT_NEEDED (clients retry it).
	ElectionNotNeeded ErrorCode = 84
	// NoReassignmentInProgress is NO_REASSIGNMENT_IN_PROGRESS.
	NoReassignmentInProgress ErrorCode = 85
	// GroupSubscribedToTopic is GROUP_SUBSCRIBED_TO_TOPIC.
	GroupSubscribedToTopic ErrorCode = 86
	// InvalidRecord is INVALID_RECORD.
	InvalidRecord ErrorCode = 87
	// UnstableOffsetCommit is UNSTABLE_OFFSET_COMMIT (clients retry it).
	UnstableOffsetCommit ErrorCode = 88
	// ThrottlingQuotaExceeded is THROTTLING_QUOTA_EXCEEDED (clients retry it).
	ThrottlingQuotaExceeded ErrorCode = 89
	// ProducerFenced is PRODUCER_FENCED.
	ProducerFenced ErrorCode = 90
	// ResourceNotFound is RESOURCE_NOT_FOUND.
	ResourceNotFound ErrorCode = 91
	// DuplicateResource is DUPLICATE_RESOURCE.
	DuplicateResource ErrorCode = 92
	// UnacceptableCredential is UNACCEPTABLE_CREDENTIAL.
	UnacceptableCredential ErrorCode = 93
	// InconsistentVoterSet is INCONSISTENT_VOTER_SET.
	InconsistentVoterSet ErrorCode = 94
	// InvalidUpdateVersion is INVALID_UPDATE_VERSION.
	InvalidUpdateVersion ErrorCode = 95
	// FeatureUpdateFailed is FEATURE_UPDATE_FAILED.
	FeatureUpdateFailed ErrorCode = 96
	// PrincipalDeserializationFailure is PRINCIPAL_DESERIALIZATION_FAILURE.
	PrincipalDeserializationFailure ErrorCode = 97
	// SnapshotNotFound is SNAPSHOT_NOT_FOUND.
	SnapshotNotFound ErrorCode = 98
	// PositionOutOfRange is POSITION_OUT_OF_RANGE.
	PositionOutOfRange ErrorCode = 99
	// UnknownTopicID is UNKNOWN_TOPIC_ID (clients retry it).
	UnknownTopicID ErrorCode = 100
	// DuplicateBrokerRegistration is DUPLICATE_BROKER_REGISTRATION.
	DuplicateBrokerRegistration ErrorCode = 101
	// BrokerIDNotRegistered is BROKER_ID_NOT_REGISTERED.
	BrokerIDNotRegistered ErrorCode = 102
	// InconsistentTopicID is INCONSISTENT_TOPIC_ID (clients retry it).
	InconsistentTopicID ErrorCode = 103
	// InconsistentClusterID is INCONSISTENT_CLUSTER_ID.
	InconsistentClusterID ErrorCode = 104
	// TransactionalIDNotFound is TRANSACTIONAL_ID_NOT_FOUND.
	TransactionalIDNotFound ErrorCode = 105
	// FetchSessionTopicIDError is FETCH_SESSION_TOPIC_ID_ERROR (clients retry it).
	FetchSessionTopicIDError ErrorCode = 106
	// IneligibleReplica is INELIGIBLE_REPLICA.
	IneligibleReplica ErrorCode = 107
	// NewLeaderElected is NEW_LEADER_ELECTED.
	NewLeaderElected ErrorCode = 108
	// OffsetMovedToTieredStorage is OFFSET_MOVED_TO_TIERED_STORAGE.
	OffsetMovedToTieredStorage ErrorCode = 109
	// FencedMemberEpoch is FENCED_MEMBER_EPOCH.
	FencedMemberEpoch ErrorCode = 110
	// UnreleasedInstanceID is UNRELEASED_INSTANCE_ID.
	UnreleasedInstanceID ErrorCode = 111
	// UnsupportedAssignor is UNSUPPORTED_ASSIGNOR.
	UnsupportedAssignor ErrorCode = 112
	// StaleMemberEpoch is STALE_MEMBER_EPOCH.
	StaleMemberEpoch ErrorCode = 113
	// MismatchedEndpointType is MISMATCHED_ENDPOINT_TYPE.
	MismatchedEndpointType ErrorCode = 114
	// UnsupportedEndpointType is UNSUPPORTED_ENDPOINT_TYPE.
	UnsupportedEndpointType ErrorCode = 115
	// UnknownControllerID is UNKNOWN_CONTROLLER_ID.
	UnknownControllerID ErrorCode = 116
	// UnknownSubscriptionID is UNKNOWN_SUBSCRIPTION_ID.
	UnknownSubscriptionID ErrorCode = 117
	// TelemetryTooLarge is TELEMETRY_TOO_LARGE.
	TelemetryTooLarge ErrorCode = 118
	// InvalidRegistration is INVALID_REGISTRATION.
	InvalidRegistration ErrorCode = 119
	// TransactionAbortable is TRANSACTION_ABORTABLE.
	TransactionAbortable ErrorCode = 120
	// InvalidRecordState is INVALID_RECORD_STATE.
	InvalidRecordState ErrorCode = 121
	// ShareSessionNotFound is SHARE_SESSION_NOT_FOUND.
	ShareSessionNotFound ErrorCode = 122
	// InvalidShareSessionEpoch is INVALID_SHARE_SESSION_EPOCH.
	InvalidShareSessionEpoch ErrorCode = 123
	// FencedStateEpoch is FENCED_STATE_EPOCH.
	FencedStateEpoch ErrorCode = 124
	// InvalidVoterKey is INVALID_VOTER_KEY.
	InvalidVoterKey ErrorCode = 125
	// DuplicateVoter is DUPLICATE_VOTER.
	DuplicateVoter ErrorCode = 126
	// VoterNotFound is VOTER_NOT_FOUND.
	VoterNotFound ErrorCode = 127
	// InvalidRegularExpression is INVALID_REGULAR_EXPRESSION.
	InvalidRegularExpression ErrorCode = 128
	// RebootstrapRequired is REBOOTSTRAP_REQUIRED.
	RebootstrapRequired ErrorCode = 129
	// StreamsInvalidTopology is STREAMS_INVALID_TOPOLOGY.
	StreamsInvalidTopology ErrorCode = 130
	// StreamsInvalidTopologyEpoch is STREAMS_INVALID_TOPOLOGY_EPOCH.
	StreamsInvalidTopologyEpoch ErrorCode = 131
	// StreamsTopologyFenced is STREAMS_TOPOLOGY_FENCED.
	StreamsTopologyFenced ErrorCode = 132
	// ShareSessionLimitReached is SHARE_SESSION_LIMIT_REACHED (clients retry it).
	ShareSessionLimitReached ErrorCode = 133
	// GroupDeletionFailed is GROUP_DELETION_FAILED.
	GroupDeletionFailed ErrorCode = 134
	// StreamsTopologyDescriptionUpdateFailed is STREAMS_TOPOLOGY_DESCRIPTION_UPDATE_FAILED.
	StreamsTopologyDescriptionUpdateFailed ErrorCode = 135
	// ControllerIDNotRegistered is CONTROLLER_ID_NOT_REGISTERED.
	ControllerIDNotRegistered ErrorCode = 136
)

// errorNames holds the protocol name of every code and whether a client retries it.
var errorNames = map[ErrorCode]struct {
	name      string
	retriable bool
}{
	NoError:                                {"NONE", false},
	UnknownServerError:                     {"UNKNOWN_SERVER_ERROR", false},
	OffsetOutOfRange:                       {"OFFSET_OUT_OF_RANGE", false},
	CorruptMessage:                         {"CORRUPT_MESSAGE", true},
	UnknownTopicOrPartition:                {"UNKNOWN_TOPIC_OR_PARTITION", true},
	InvalidFetchSize:                       {"INVALID_FETCH_SIZE", false},
	LeaderNotAvailable:                     {"LEADER_NOT_AVAILABLE", true},
	NotLeaderOrFollower:                    {"NOT_LEADER_OR_FOLLOWER", true},
	RequestTimedOut:                        {"REQUEST_TIMED_OUT", true},
	BrokerNotAvailable:                     {"BROKER_NOT_AVAILABLE", true},
	ReplicaNotAvailable:                    {"REPLICA_NOT_AVAILABLE", true},
	MessageTooLarge:                        {"MESSAGE_TOO_LARGE", false},
	StaleControllerEpoch:                   {"STALE_CONTROLLER_EPOCH", false},
	OffsetMetadataTooLarge:                 {"OFFSET_METADATA_TOO_LARGE", false},
	NetworkException:                       {"NETWORK_EXCEPTION", true},
	CoordinatorLoadInProgress:              {"COORDINATOR_LOAD_IN_PROGRESS", true},
	CoordinatorNotAvailable:                {"COORDINATOR_NOT_AVAILABLE", true},
	NotCoordinator:                         {"NOT_COORDINATOR", true},
	InvalidTopicException:                  {"INVALID_TOPIC_EXCEPTION", false},
	RecordListTooLarge:                     {"RECORD_LIST_TOO_LARGE", false},
	NotEnoughReplicas:                      {"NOT_ENOUGH_REPLICAS", true},
	NotEnoughReplicasAfterAppend:           {"NOT_ENOUGH_REPLICAS_AFTER_APPEND", true},
	InvalidRequiredAcks:                    {"INVALID_REQUIRED_ACKS", false},
	IllegalGeneration:                      {"ILLEGAL_GENERATION", false},
	InconsistentGroupProtocol:              {"INCONSISTENT_GROUP_PROTOCOL", false},
	InvalidGroupID:                         {"INVALID_GROUP_ID", false},
	UnknownMemberID:                        {"UNKNOWN_MEMBER_ID", false},
	InvalidSessionTimeout:                  {"INVALID_SESSION_TIMEOUT", false},
	RebalanceInProgress:                    {"REBALANCE_IN_PROGRESS", false},
	InvalidCommitOffsetSize:                {"INVALID_COMMIT_OFFSET_SIZE", false},
	TopicAuthorizationFailed:               {"TOPIC_AUTHORIZATION_FAILED", false},
	GroupAuthorizationFailed:               {"GROUP_AUTHORIZATION_FAILED", false},
	ClusterAuthorizationFailed:             {"CLUSTER_AUTHORIZATION_FAILED", false},
	InvalidTimestamp:                       {"INVALID_TIMESTAMP", false},
	UnsupportedSASLMechanism:               {"UNSUPPORTED_SASL_MECHANISM", false},
	IllegalSASLState:                       {"ILLEGAL_SASL_STATE", false},
	UnsupportedVersion:                     {"UNSUPPORTED_VERSION", false},
	TopicAlreadyExists:                     {"TOPIC_ALREADY_EXISTS", false},
	InvalidPartitions:                      {"INVALID_PARTITIONS", false},
	InvalidReplicationFactor:               {"INVALID_REPLICATION_FACTOR", false},
	InvalidReplicaAssignment:               {"INVALID_REPLICA_ASSIGNMENT", false},
	InvalidConfig:                          {"INVALID_CONFIG", false},
	NotController:                          {"NOT_CONTROLLER", true},
	InvalidRequest:                         {"INVALID_REQUEST", false},
	UnsupportedForMessageFormat:            {"UNSUPPORTED_FOR_MESSAGE_FORMAT", false},
	PolicyViolation:                        {"POLICY_VIOLATION", false},
	OutOfOrderSequenceNumber:               {"OUT_OF_ORDER_SEQUENCE_NUMBER", false},
	DuplicateSequenceNumber:                {"DUPLICATE_SEQUENCE_NUMBER", false},
	InvalidProducerEpoch:                   {"INVALID_PRODUCER_EPOCH", false},
	InvalidTxnState:                        {"INVALID_TXN_STATE", false},
	InvalidProducerIDMapping:               {"INVALID_PRODUCER_ID_MAPPING", false},
	InvalidTransactionTimeout:              {"INVALID_TRANSACTION_TIMEOUT", false},
	ConcurrentTransactions:                 {"CONCURRENT_TRANSACTIONS", false},
	TransactionCoordinatorFenced:           {"TRANSACTION_COORDINATOR_FENCED", false},
	TransactionalIDAuthorizationFailed:     {"TRANSACTIONAL_ID_AUTHORIZATION_FAILED", false},
	SecurityDisabled:                       {"SECURITY_DISABLED", false},
	OperationNotAttempted:                  {"OPERATION_NOT_ATTEMPTED", false},
	KafkaStorageError:                      {"KAFKA_STORAGE_ERROR", true},
	LogDirNotFound:                         {"LOG_DIR_NOT_FOUND", false},
	SASLAuthenticationFailed:               {"SASL_AUTHENTICATION_FAILED", false},
	UnknownProducerID:                      {"UNKNOWN_PRODUCER_ID", false},
	ReassignmentInProgress:                 {"REASSIGNMENT_IN_PROGRESS", false},
	DelegationTokenAuthDisabled:            {"DELEGATION_TOKEN_AUTH_DISABLED", false},
	DelegationTokenNotFound:                {"DELEGATION_TOKEN_NOT_FOUND", false},
	DelegationTokenOwnerMismatch:           {"DELEGATION_TOKEN_OWNER_MISMATCH", false},
	DelegationTokenRequestNotAllowed:       {"DELEGATION_TOKEN_REQUEST_NOT_ALLOWED", false},
	DelegationTokenAuthorizationFailed:     {"DELEGATION_TOKEN_AUTHORIZATION_FAILED", false},
	DelegationTokenExpired:                 {"DELEGATION_TOKEN_EXPIRED", false},
	InvalidPrincipalType:                   {"INVALID_PRINCIPAL_TYPE", false},
	NonEmptyGroup:                          {"NON_EMPTY_GROUP", false},
	GroupIDNotFound:                        {"GROUP_ID_NOT_FOUND", false},
	FetchSessionIDNotFound:                 {"FETCH_SESSION_ID_NOT_FOUND", true},
	InvalidFetchSessionEpoch:               {"INVALID_FETCH_SESSION_EPOCH", true},
	ListenerNotFound:                       {"LISTENER_NOT_FOUND", true},
	TopicDeletionDisabled:                  {"TOPIC_DELETION_DISABLED", false},
	FencedLeaderEpoch:                      {"FENCED_LEADER_EPOCH", true},
	UnknownLeaderEpoch:                     {"UNKNOWN_LEADER_EPOCH", true},
	UnsupportedCompressionType:             {"UNSUPPORTED_COMPRESSION_TYPE", false},
	StaleBrokerEpoch:                       {"STALE_BROKER_EPOCH", false},
	OffsetNotAvailable:                     {"OFFSET_NOT_AVAILABLE", true},
	MemberIDRequired:                       {"MEMBER_ID_REQUIRED", false},
	PreferredLeaderNotAvailable:            {"PREFERRED_LEADER_NOT_AVAILABLE", true},
	GroupMaxSizeReached:                    {"GROUP_MAX_SIZE_REACHED", false},
	FencedInstanceID:                       {"FENCED_INSTANCE_ID", false},
	EligibleLeadersNotAvailable:            {"ELIGIBLE_LEADERS_NOT_AVAILABLE", true},
	ElectionNotNeeded:                      {"ELECTION_NOT_NEEDED", true},
	NoReassignmentInProgress:               {"NO_REASSIGNMENT_IN_PROGRESS", false},
	GroupSubscribedToTopic:                 {"GROUP_SUBSCRIBED_TO_TOPIC", false},
	InvalidRecord:                          {"INVALID_RECORD", false},
	UnstableOffsetCommit:                   {"UNSTABLE_OFFSET_COMMIT", true},
	ThrottlingQuotaExceeded:                {"THROTTLING_QUOTA_EXCEEDED", true},
	ProducerFenced:                         {"PRODUCER_FENCED", false},
	ResourceNotFound:                       {"RESOURCE_NOT_FOUND", false},
	DuplicateResource:                      {"DUPLICATE_RESOURCE", false},
	UnacceptableCredential:                 {"UNACCEPTABLE_CREDENTIAL", false},
	InconsistentVoterSet:                   {"INCONSISTENT_VOTER_SET", false},
	InvalidUpdateVersion:                   {"INVALID_UPDATE_VERSION", false},
	FeatureUpdateFailed:                    {"FEATURE_UPDATE_FAILED", false},
	PrincipalDeserializationFailure:        {"PRINCIPAL_DESERIALIZATION_FAILURE", false},
	SnapshotNotFound:                       {"SNAPSHOT_NOT_FOUND", false},
	PositionOutOfRange:                     {"POSITION_OUT_OF_RANGE", false},
	UnknownTopicID:                         {"UNKNOWN_TOPIC_ID", true},
	DuplicateBrokerRegistration:            {"DUPLICATE_BROKER_REGISTRATION", false},
	BrokerIDNotRegistered:                  {"BROKER_ID_NOT_REGISTERED", false},
	InconsistentTopicID:                    {"INCONSISTENT_TOPIC_ID", true},
	InconsistentClusterID:                  {"INCONSISTENT_CLUSTER_ID", false},
	TransactionalIDNotFound:                {"TRANSACTIONAL_ID_NOT_FOUND", false},
	FetchSessionTopicIDError:               {"FETCH_SESSION_TOPIC_ID_ERROR", true},
	IneligibleReplica:                      {"INELIGIBLE_REPLICA", false},
	NewLeaderElected:                       {"NEW_LEADER_ELECTED", false},
	OffsetMovedToTieredStorage:             {"OFFSET_MOVED_TO_TIERED_STORAGE", false},
	FencedMemberEpoch:                      {"FENCED_MEMBER_EPOCH", false},
	UnreleasedInstanceID:                   {"UNRELEASED_INSTANCE_ID", false},
	UnsupportedAssignor:                    {"UNSUPPORTED_ASSIGNOR", false},
	StaleMemberEpoch:                       {"STALE_MEMBER_EPOCH", false},
	MismatchedEndpointType:                 {"MISMATCHED_ENDPOINT_TYPE", false},
	UnsupportedEndpointType:                {"UNSUPPORTED_ENDPOINT_TYPE", false},
	UnknownControllerID:                    {"UNKNOWN_CONTROLLER_ID", false},
	UnknownSubscriptionID:                  {"UNKNOWN_SUBSCRIPTION_ID", false},
	TelemetryTooLarge:                      {"TELEMETRY_TOO_LARGE", false},
	InvalidRegistration:                    {"INVALID_REGISTRATION", false},
	TransactionAbortable:                   {"TRANSACTION_ABORTABLE", false},
	InvalidRecordState:                     {"INVALID_RECORD_STATE", false},
	ShareSessionNotFound:                   {"SHARE_SESSION_NOT_FOUND", false},
	InvalidShareSessionEpoch:               {"INVALID_SHARE_SESSION_EPOCH", false},
	FencedStateEpoch:                       {"FENCED_STATE_EPOCH", false},
	InvalidVoterKey:                        {"INVALID_VOTER_KEY", false},
	DuplicateVoter:                         {"DUPLICATE_VOTER", false},
	VoterNotFound:                          {"VOTER_NOT_FOUND", false},
	InvalidRegularExpression:               {"INVALID_REGULAR_EXPRESSION", false},
	RebootstrapRequired:                    {"REBOOTSTRAP_REQUIRED", false},
	StreamsInvalidTopology:                 {"STREAMS_INVALID_TOPOLOGY", false},
	StreamsInvalidTopologyEpoch:            {"STREAMS_INVALID_TOPOLOGY_EPOCH", false},
	StreamsTopologyFenced:                  {"STREAMS_TOPOLOGY_FENCED", false},
	ShareSessionLimitReached:               {"SHARE_SESSION_LIMIT_REACHED", true},
	GroupDeletionFailed:                    {"GROUP_DELETION_FAILED", false},
	StreamsTopologyDescriptionUpdateFailed: {"STREAMS_TOPOLOGY_DESCRIPTION_UPDATE_FAILED", false},
	ControllerIDNotRegistered:              {"CONTROLLER_ID_NOT_REGISTERED", false},
}
