package plugin

import "slices"

// BuiltinVersion is the version of every plugin that is part of the broker.
const BuiltinVersion = "1"

// BuiltinNames lists the plugins that are part of the broker, sorted.
func BuiltinNames() []string {
	return []string{"crc32", "fnv1a", "json", "kafkajs1", "murmur2", "utf8"}
}

// BuiltinFunctions returns what a plugin of the broker has.
func BuiltinFunctions(name string) Functions {
	switch name {
	case "crc32", "fnv1a", "kafkajs1", "murmur2":
		return CanPartition
	case "json", "utf8":
		return CanValidate
	}
	return 0
}

// ReservedName reports whether nothing can be deployed under a name, because it belongs to a plugin that is part of the
// broker, or to one of Kafka's assignors.
func ReservedName(name string) bool {
	return name == "uniform" || name == "range" || slices.Contains(BuiltinNames(), name)
}

// IsBuiltin reports whether a reference names a plugin that is part of the broker.
func IsBuiltin(r Ref) bool {
	return r.Version == BuiltinVersion && r.Digest.IsZero() && slices.Contains(BuiltinNames(), r.Name)
}
