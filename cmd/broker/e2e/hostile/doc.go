// Package hostile is a client that breaks every rule of the protocol, against the real binary. It holds tests only: a raw
// client and one file per family of attack.
//
// What every test asserts: each request ends with an answer that decodes and carries the request's correlation id, or
// with a closed connection; no handler panicked; the peak of the broker's resident memory stays within its bound; and a
// producer and a consumer group beside the attack, the canary, never see an error or a closed connection, and get every
// record back in order.
//
// The operators' HTTP listener and plugins that are bound to topics are attacked in the same way. Peers that vanish without
// a word are clients in a network namespace, at the far end of a cable (veth) that the test cuts; where that is not allowed the
// test is skipped and says so.
//
// The attacks are deterministic: what is random comes from a seed that is printed, and that E2E_SEED sets. A small form
// runs in go test ./...; E2E_FULL=1 runs the full one.
package hostile
