// Package group is the group coordinator: classic consumer groups and committed offsets. It answers OffsetCommit,
// OffsetFetch, JoinGroup, Heartbeat, LeaveGroup, SyncGroup, DescribeGroups, ListGroups, DeleteGroups and OffsetDelete.
//
// Each partition of __consumer_offsets is a shard (core/shard) that holds the groups whose ids hash to it. A machine is the
// memory of one shard: join.go, sync.go, heartbeat.go, leave.go, commit.go and the others are its handlers. They take the
// time and member ids from outside and do no I/O, so the same calls always lead to the same state. serve_*.go is the thin
// layer above: decode, authorize, find the shard, encode.
//
// A classic group goes round this circle (KIP-62 and those before it):
//
//	Empty --join--> PreparingRebalance --all joined or time is up--> CompletingRebalance --leader's sync--> Stable
//	                        ^                                               |                                 |
//	                        +------------------- a member comes, goes, dies or changes -----------------------+
//
// and from PreparingRebalance back to Empty when nobody is left.
//
// What is in __consumer_offsets, in Apache Kafka's own formats (record.go):
//
//	key 0, 1: group, topic, partition   value 0-4: offset, leader epoch, metadata, commit time; written as 4, with topic id
//	key 2:    group                     value 0-4: protocol, generation, leader, members; written as 3
//
// Other keys belong to protocols that this coordinator does not speak (KIP-848, KIP-932, KIP-1071); they are left alone.
//
// Limits: a group's metadata must fit into one batch of 1 MiB, so a JoinGroup says no more than that and the members of a
// group no more than 16 MiB; strings are at most 32767 bytes long; at most 10000 members of a shard may be between their
// first JoinGroup, which gives them an id, and their second one. Everything else that a client sends here is answered at
// once or is a record.
package group
