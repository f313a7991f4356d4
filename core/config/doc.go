// Package config knows every setting: what it is called, what values it takes, what it is when nobody set it, and where
// the value in force came from.
//
// Two kinds of setting meet here. Static settings belong to the broker and its modules: they are read once, from a file,
// the environment and the command line, into the typed config struct that each module declares (Schema, Sources,
// Settings). Dynamic configs belong to topics, groups and brokers: they live in cluster metadata, clients change them while
// the broker runs, and Definitions say what Kafka accepts (Definition, Resolver). The static settings are the floor of the
// dynamic ones: Settings.Static is what NewResolver starts from.
//
// A static key that nothing declares is a mistake, with one exception: a server.properties and variables with the prefix
// KAFKA_ may have been written for Kafka, so a key that Kafka has and Jackdaw does not use is only noted there. Variables
// with that prefix that are no setting at all (KAFKA_HEAP_OPTS) are noted, too. What Jackdaw does not support yet but must
// not ignore, as an authorizer, TLS or a quorum of several nodes, is a mistake everywhere.
package config
