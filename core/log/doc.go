// Package log is the contract of one partition log, and of the engine that keeps many of them. It is the storage seam of
// Jackdaw and nothing else: topics, groups and transactions live above it, once, whatever the backend.
//
// The life of a log:
//
//  1. Engine.Start locks the directories and lists what is in them. It opens no log.
//  2. Engine.Open opens or creates one partition log. If the last shutdown was not clean it first recovers the log: it
//     drops what is not a whole, valid batch at the end and rebuilds indexes. Then it gives the partition its newest
//     producer snapshot with Host.Restore and every later batch with Host.Replay.
//  3. One goroutine at a time calls Append, Truncate and AdvanceStart (the partition's lock sees to that); any number of
//     goroutines call the rest.
//  4. Log.Close or Engine.Close makes everything durable and writes the clean shutdown marker.
//
// Package logtest is the suite that every implementation must pass.
package log
