// Package config knows every setting: what it is called, what values it takes, what it is when nobody set it, and where
// the value in force came from.
//
// Two kinds of setting meet here. Static settings belong to the broker and its modules: they are read once, from a file,
// the environment and the command line, into the typed Config struct that each module declares (Load). Dynamic configs
// belong to topics, groups and brokers: they live in cluster metadata, clients change them while the broker runs, and
// Definitions say what Kafka accepts (Definition, Resolver).
package config
