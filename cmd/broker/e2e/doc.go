// Package e2e proves the broker with clients that the project did not write: it drives the real binary with franz-go,
// sarama and segmentio/kafka-go, when all goes well and when the broker is killed, topics vanish and group members die.
// The sub-folder clients does the same with clients of other languages, where .ci/run has installed them.
package e2e
