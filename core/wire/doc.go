// Package wire turns the bytes of the Kafka protocol into Go values and back, without I/O. It has the table of API keys,
// the request and response headers, and hand-written codecs of the two requests that carry record batches: Produce is
// read in place and Fetch is written around the batches, so that neither copies nor allocates. All other messages are
// kmsg's.
//
// Everything here reads what strangers sent: no length is believed before it was compared with the bytes that are there,
// and byte slices that come out of a decoder are views of its input, valid as long as the input is.
package wire
