package config

import "github.com/jackdawmq/jackdaw/core/metadata"

// Resolver answers what configs are in force: it knows the broker's static settings and the definitions, and is given the
// metadata image for everything dynamic. It is immutable and safe for all goroutines.
type Resolver interface {
	// Topic returns the configs in force for a topic; unknown topics get the defaults.
	Topic(image *metadata.Image, topic string) *Topic
	// Describe lists the configs of a resource with sources and synonyms: topics and groups all of theirs, the broker
	// named by its id every broker config, the broker resource "" only what is set dynamically.
	Describe(image *metadata.Image, r metadata.Resource) []Entry
	// Value returns a broker config in force, by its Kafka name: dynamic per broker, dynamic default, static, default.
	Value(image *metadata.Image, name string) (string, bool)
	// Check returns an INVALID_CONFIG or INVALID_REQUEST *kafka.Error in Kafka's words when the given complete set of
	// dynamic configs of a resource is not acceptable.
	Check(r metadata.Resource, configs map[string]string) error
	// Definition returns the definition of a config of a resource type, or nil when the name is unknown.
	Definition(t metadata.ResourceType, name string) *Definition
}
