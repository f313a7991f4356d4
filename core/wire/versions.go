package wire

import (
	"math"
	"strconv"
)

// API says what is known of an API key: which versions Apache Kafka 4.4 has, not which of them a broker serves.
type API struct {
	Name     string // Kafka's name, for logs and metrics: "Produce", "ApiVersions"
	Min, Max int16  // Max < Min: the key is reserved, its API was removed in Kafka 4.0
	Flexible int16  // the first version with compact lengths and tags (KIP-482)
}

// never is the Flexible of APIs that have no flexible version.
const never = math.MaxInt16

// IsFlexible reports whether a version has compact lengths and tags.
func (a *API) IsFlexible(version int16) bool { return version >= a.Flexible }

// LookupAPI returns what is known of an API key, or nil when Kafka has no such key.
func LookupAPI(key int16) *API {
	if key < 0 || int(key) >= len(apis) {
		return nil
	}
	return &apis[key]
}

// APIName returns Kafka's name of an API key, or its number when it has none.
func APIName(key int16) string {
	if a := LookupAPI(key); a != nil {
		return a.Name
	}
	return strconv.Itoa(int(key))
}

// apis is the table of all keys; it is never written.
var apis = [...]API{
	Produce:                               {Name: "Produce", Min: 3, Max: 13, Flexible: 9},
	Fetch:                                 {Name: "Fetch", Min: 4, Max: 18, Flexible: 12},
	ListOffsets:                           {Name: "ListOffsets", Min: 1, Max: 11, Flexible: 6},
	Metadata:                              {Name: "Metadata", Min: 0, Max: 13, Flexible: 9},
	LeaderAndISR:                          {Name: "LeaderAndIsr", Min: 0, Max: -1, Flexible: never},
	StopReplica:                           {Name: "StopReplica", Min: 0, Max: -1, Flexible: never},
	UpdateMetadata:                        {Name: "UpdateMetadata", Min: 0, Max: -1, Flexible: never},
	ControlledShutdown:                    {Name: "ControlledShutdown", Min: 0, Max: -1, Flexible: never},
	OffsetCommit:                          {Name: "OffsetCommit", Min: 2, Max: 10, Flexible: 8},
	OffsetFetch:                           {Name: "OffsetFetch", Min: 1, Max: 10, Flexible: 6},
	FindCoordinator:                       {Name: "FindCoordinator", Min: 0, Max: 6, Flexible: 3},
	JoinGroup:                             {Name: "JoinGroup", Min: 0, Max: 9, Flexible: 6},
	Heartbeat:                             {Name: "Heartbeat", Min: 0, Max: 4, Flexible: 4},
	LeaveGroup:                            {Name: "LeaveGroup", Min: 0, Max: 5, Flexible: 4},
	SyncGroup:                             {Name: "SyncGroup", Min: 0, Max: 5, Flexible: 4},
	DescribeGroups:                        {Name: "DescribeGroups", Min: 0, Max: 6, Flexible: 5},
	ListGroups:                            {Name: "ListGroups", Min: 0, Max: 5, Flexible: 3},
	SASLHandshake:                         {Name: "SaslHandshake", Min: 0, Max: 1, Flexible: never},
	APIVersions:                           {Name: "ApiVersions", Min: 0, Max: 5, Flexible: 3},
	CreateTopics:                          {Name: "CreateTopics", Min: 2, Max: 7, Flexible: 5},
	DeleteTopics:                          {Name: "DeleteTopics", Min: 1, Max: 6, Flexible: 4},
	DeleteRecords:                         {Name: "DeleteRecords", Min: 0, Max: 2, Flexible: 2},
	InitProducerID:                        {Name: "InitProducerId", Min: 0, Max: 6, Flexible: 2},
	OffsetForLeaderEpoch:                  {Name: "OffsetForLeaderEpoch", Min: 2, Max: 4, Flexible: 4},
	AddPartitionsToTxn:                    {Name: "AddPartitionsToTxn", Min: 0, Max: 5, Flexible: 3},
	AddOffsetsToTxn:                       {Name: "AddOffsetsToTxn", Min: 0, Max: 4, Flexible: 3},
	EndTxn:                                {Name: "EndTxn", Min: 0, Max: 5, Flexible: 3},
	WriteTxnMarkers:                       {Name: "WriteTxnMarkers", Min: 1, Max: 2, Flexible: 1},
	TxnOffsetCommit:                       {Name: "TxnOffsetCommit", Min: 0, Max: 6, Flexible: 3},
	DescribeACLs:                          {Name: "DescribeAcls", Min: 1, Max: 3, Flexible: 2},
	CreateACLs:                            {Name: "CreateAcls", Min: 1, Max: 3, Flexible: 2},
	DeleteACLs:                            {Name: "DeleteAcls", Min: 1, Max: 3, Flexible: 2},
	DescribeConfigs:                       {Name: "DescribeConfigs", Min: 1, Max: 4, Flexible: 4},
	AlterConfigs:                          {Name: "AlterConfigs", Min: 0, Max: 2, Flexible: 2},
	AlterReplicaLogDirs:                   {Name: "AlterReplicaLogDirs", Min: 1, Max: 2, Flexible: 2},
	DescribeLogDirs:                       {Name: "DescribeLogDirs", Min: 1, Max: 5, Flexible: 2},
	SASLAuthenticate:                      {Name: "SaslAuthenticate", Min: 0, Max: 2, Flexible: 2},
	CreatePartitions:                      {Name: "CreatePartitions", Min: 0, Max: 3, Flexible: 2},
	CreateDelegationToken:                 {Name: "CreateDelegationToken", Min: 1, Max: 3, Flexible: 2},
	RenewDelegationToken:                  {Name: "RenewDelegationToken", Min: 1, Max: 2, Flexible: 2},
	ExpireDelegationToken:                 {Name: "ExpireDelegationToken", Min: 1, Max: 2, Flexible: 2},
	DescribeDelegationToken:               {Name: "DescribeDelegationToken", Min: 1, Max: 3, Flexible: 2},
	DeleteGroups:                          {Name: "DeleteGroups", Min: 0, Max: 3, Flexible: 2},
	ElectLeaders:                          {Name: "ElectLeaders", Min: 0, Max: 2, Flexible: 2},
	IncrementalAlterConfigs:               {Name: "IncrementalAlterConfigs", Min: 0, Max: 1, Flexible: 1},
	AlterPartitionReassignments:           {Name: "AlterPartitionReassignments", Min: 0, Max: 1, Flexible: 0},
	ListPartitionReassignments:            {Name: "ListPartitionReassignments", Min: 0, Max: 0, Flexible: 0},
	OffsetDelete:                          {Name: "OffsetDelete", Min: 0, Max: 0, Flexible: never},
	DescribeClientQuotas:                  {Name: "DescribeClientQuotas", Min: 0, Max: 1, Flexible: 1},
	AlterClientQuotas:                     {Name: "AlterClientQuotas", Min: 0, Max: 1, Flexible: 1},
	DescribeUserSCRAMCredentials:          {Name: "DescribeUserScramCredentials", Min: 0, Max: 0, Flexible: 0},
	AlterUserSCRAMCredentials:             {Name: "AlterUserScramCredentials", Min: 0, Max: 0, Flexible: 0},
	Vote:                                  {Name: "Vote", Min: 0, Max: 2, Flexible: 0},
	BeginQuorumEpoch:                      {Name: "BeginQuorumEpoch", Min: 0, Max: 1, Flexible: 1},
	EndQuorumEpoch:                        {Name: "EndQuorumEpoch", Min: 0, Max: 1, Flexible: 1},
	DescribeQuorum:                        {Name: "DescribeQuorum", Min: 0, Max: 2, Flexible: 0},
	AlterPartition:                        {Name: "AlterPartition", Min: 2, Max: 3, Flexible: 0},
	UpdateFeatures:                        {Name: "UpdateFeatures", Min: 0, Max: 2, Flexible: 0},
	Envelope:                              {Name: "Envelope", Min: 0, Max: 0, Flexible: 0},
	FetchSnapshot:                         {Name: "FetchSnapshot", Min: 0, Max: 1, Flexible: 0},
	DescribeCluster:                       {Name: "DescribeCluster", Min: 0, Max: 2, Flexible: 0},
	DescribeProducers:                     {Name: "DescribeProducers", Min: 0, Max: 0, Flexible: 0},
	BrokerRegistration:                    {Name: "BrokerRegistration", Min: 0, Max: 4, Flexible: 0},
	BrokerHeartbeat:                       {Name: "BrokerHeartbeat", Min: 0, Max: 2, Flexible: 0},
	UnregisterBroker:                      {Name: "UnregisterBroker", Min: 0, Max: 0, Flexible: 0},
	DescribeTransactions:                  {Name: "DescribeTransactions", Min: 0, Max: 0, Flexible: 0},
	ListTransactions:                      {Name: "ListTransactions", Min: 0, Max: 2, Flexible: 0},
	AllocateProducerIDs:                   {Name: "AllocateProducerIds", Min: 0, Max: 0, Flexible: 0},
	ConsumerGroupHeartbeat:                {Name: "ConsumerGroupHeartbeat", Min: 0, Max: 1, Flexible: 0},
	ConsumerGroupDescribe:                 {Name: "ConsumerGroupDescribe", Min: 0, Max: 1, Flexible: 0},
	ControllerRegistration:                {Name: "ControllerRegistration", Min: 0, Max: 0, Flexible: 0},
	GetTelemetrySubscriptions:             {Name: "GetTelemetrySubscriptions", Min: 0, Max: 0, Flexible: 0},
	PushTelemetry:                         {Name: "PushTelemetry", Min: 0, Max: 0, Flexible: 0},
	AssignReplicasToDirs:                  {Name: "AssignReplicasToDirs", Min: 0, Max: 0, Flexible: 0},
	ListConfigResources:                   {Name: "ListConfigResources", Min: 0, Max: 1, Flexible: 0},
	DescribeTopicPartitions:               {Name: "DescribeTopicPartitions", Min: 0, Max: 0, Flexible: 0},
	ShareGroupHeartbeat:                   {Name: "ShareGroupHeartbeat", Min: 1, Max: 1, Flexible: 0},
	ShareGroupDescribe:                    {Name: "ShareGroupDescribe", Min: 1, Max: 1, Flexible: 0},
	ShareFetch:                            {Name: "ShareFetch", Min: 1, Max: 2, Flexible: 0},
	ShareAcknowledge:                      {Name: "ShareAcknowledge", Min: 1, Max: 2, Flexible: 0},
	AddRaftVoter:                          {Name: "AddRaftVoter", Min: 0, Max: 1, Flexible: 0},
	RemoveRaftVoter:                       {Name: "RemoveRaftVoter", Min: 0, Max: 0, Flexible: 0},
	UpdateRaftVoter:                       {Name: "UpdateRaftVoter", Min: 0, Max: 0, Flexible: 0},
	InitializeShareGroupState:             {Name: "InitializeShareGroupState", Min: 0, Max: 0, Flexible: 0},
	ReadShareGroupState:                   {Name: "ReadShareGroupState", Min: 0, Max: 0, Flexible: 0},
	WriteShareGroupState:                  {Name: "WriteShareGroupState", Min: 0, Max: 1, Flexible: 0},
	DeleteShareGroupState:                 {Name: "DeleteShareGroupState", Min: 0, Max: 0, Flexible: 0},
	ReadShareGroupStateSummary:            {Name: "ReadShareGroupStateSummary", Min: 0, Max: 1, Flexible: 0},
	StreamsGroupHeartbeat:                 {Name: "StreamsGroupHeartbeat", Min: 0, Max: 1, Flexible: 0},
	StreamsGroupDescribe:                  {Name: "StreamsGroupDescribe", Min: 0, Max: 1, Flexible: 0},
	DescribeShareGroupOffsets:             {Name: "DescribeShareGroupOffsets", Min: 0, Max: 1, Flexible: 0},
	AlterShareGroupOffsets:                {Name: "AlterShareGroupOffsets", Min: 0, Max: 0, Flexible: 0},
	DeleteShareGroupOffsets:               {Name: "DeleteShareGroupOffsets", Min: 0, Max: 0, Flexible: 0},
	StreamsGroupTopologyDescriptionUpdate: {Name: "StreamsGroupTopologyDescriptionUpdate", Min: 0, Max: 0, Flexible: 0},
	UnregisterController:                  {Name: "UnregisterController", Min: 0, Max: 0, Flexible: 0},
}
