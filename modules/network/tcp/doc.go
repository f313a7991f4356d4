// Package tcp serves the Kafka protocol over TCP.
//
// A request is an INT32 size, a request header and a body; a response is an INT32 size, a response header and a body.
// Each connection has one goroutine that reads a request, gives it to the Router, writes the response and only then reads
// the next, as Kafka does: responses leave in the order of requests. Nobody else writes to its socket.
//
// # Memory
//
// A frame of up to 4 KiB is read into the connection's own small buffer: nothing that happens elsewhere can hold up
// heartbeats, fetches and metadata. Larger frames are read into pooled buffers that are charged to a budget
// (queued.max.request.bytes), under these rules:
//
//  1. Announcing costs nothing. A connection is charged for what arrives: it begins with 64 KiB and doubles when that is
//     full. What a connection has delivered before, up to 16 MiB, it may take at once the next time: so a producer's
//     frames are read without being copied.
//  2. Frames over 2 MiB and frames up to 2 MiB have half of the budget each: a few huge ones cannot hold up the usual.
//  3. Who finds a budget spent waits, first come, first served, and does not read its socket meanwhile (backpressure).
//     One waiting connection at a time, the first, goes over the limit and takes its whole frame. So connections that
//     all wait for each other's memory still end, one after the other, and the bound of the memory is the budget plus one
//     frame of each half.
//  4. While others wait, a connection in the middle of a frame must keep sending (64 KiB/s after the first 10 s), or it
//     is closed. Nobody is closed for being slow while there is memory.
//
// Some bodies grow when they are decoded into structs and answered, at the worst by a factor of 128: before such a request
// runs, its body times 128 is charged to a budget of its own, as large as the other, by rule 3. (JoinGroup and SyncGroup,
// which wait for other members, are charged less and refused rather than kept waiting.) Answers that tell what the broker
// holds (metadata, configs, groups) are charged to it too: before they are built for as much as the last ones took, then
// for what they are, until the client has taken them. While others wait for that, a client that takes nothing for 10 s is
// closed. And each API has a limit of its own for frames; only Produce may be as large as socket.request.max.bytes.
//
// # Closing
//
// As in Kafka, what is not a request ends the connection without a byte: sizes out of range, unknown keys and versions,
// bodies that do not decode. A connection is also closed when it moved no byte for connections.max.idle.ms while it was
// the client's turn: to send a request, to go on with one, or to take a response. (A slow reader pins log segments, so it
// cannot have forever.) A client that goes away while its request waits is noticed within a second or two on Linux: the
// request's context ends.
//
// # Responses
//
// Memory goes out by write or writev, ranges of files from 16 KiB up by sendfile on Linux, smaller ones are read and
// written with what is around them.
package tcp
