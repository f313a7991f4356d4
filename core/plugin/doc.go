// Package plugin is the contract of plugins: serializers, which judge or rewrite records before the append, partitioners,
// which choose or check partitions, and assignors, which spread partitions over the members of a group. It also says how
// plugins are loaded (Engine, Program), bound to topics and groups (Chain, Bindings) and deployed (Registry).
//
// A plugin is a pure function of its input: its answers depend on no call history, instance, node or clock, and the
// answer for a record does not depend on which records share its batch.
//
// plugintest is the conformance suite of Serializer, Partitioner and Assignor.
package plugin
