// Package shard runs coordinators: one event loop for each partition of an internal topic that this broker leads. The model
// is Kafka's CoordinatorRuntime.
//
// A coordinator is a State: memory that is rebuilt by replaying the records of its partition. A request reaches it as a
// Handler, a function (state, request) -> (records, response) that runs in the partition's loop and so needs no locks. The
// Turn that it is given takes the records to append and the callbacks that answer. What a loop does in one turn:
//
//  1. It takes all handlers that have queued up and runs them one after the other. The records of each are replayed into
//     the state at once, so the next handler sees them.
//  2. It appends all their records as one batch: a busy shard commits in groups, an idle one adds no latency.
//  3. When the append fails, every replay of the batch is taken back in reverse order, and the callbacks learn the error:
//     the state is again what the log says.
//  4. When the high watermark passes the batch, the callbacks run. A handler without records waits for the records that it
//     could see, so no answer ever tells of a write that could still be lost.
//
// States know nothing of clocks: they are told the time, say when they want to be called next (Deadline, for which Timers
// is a help), and do what is due (Tick). Tests run in a testing/synctest bubble, where time is virtual.
//
// A shard that was resigned, or whose broker stops, drops its state and everything that waits for it: a Call that waits
// ends then.
package shard
