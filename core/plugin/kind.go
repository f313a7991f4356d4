package plugin

import (
	"strconv"
	"strings"
)

// Kind says as what a plugin is bound. The numbers are the ABI's.
type Kind uint8

// The kinds.
const (
	KindPartitioner     Kind = 1
	KindKeySerializer   Kind = 2
	KindValueSerializer Kind = 3
	KindAssignor        Kind = 4
)

// String returns the kind as topic configs spell it.
func (k Kind) String() string {
	switch k {
	case KindPartitioner:
		return "partitioner"
	case KindKeySerializer:
		return "key.serializer"
	case KindValueSerializer:
		return "value.serializer"
	case KindAssignor:
		return "assignor"
	}
	return "kind " + strconv.Itoa(int(k))
}

// Functions is the set of functions that a plugin has; its kinds follow from it.
type Functions uint8

// The functions. A serializer has any of the first three.
const (
	CanValidate Functions = 1 << iota
	CanSerialize
	CanDeserialize
	CanPartition
	CanAssign
)

// Has reports whether all functions of g are there.
func (f Functions) Has(g Functions) bool { return f&g == g }

// Names lists the functions by their names.
func (f Functions) Names() []string {
	list := []string{}
	for i, name := range []string{"validate", "serialize", "deserialize", "partition", "assign"} {
		if f.Has(1 << i) {
			list = append(list, name)
		}
	}
	return list
}

// String returns the names, separated by commas.
func (f Functions) String() string { return strings.Join(f.Names(), ",") }

// Serves reports whether a plugin with these functions can be bound as a kind.
func (f Functions) Serves(k Kind) bool {
	switch k {
	case KindPartitioner:
		return f.Has(CanPartition)
	case KindKeySerializer, KindValueSerializer:
		return f&(CanValidate|CanSerialize|CanDeserialize) != 0
	case KindAssignor:
		return f.Has(CanAssign)
	}
	return false
}

// Kinds lists the kinds as which a plugin with these functions can be bound.
func (f Functions) Kinds() []Kind {
	var kinds []Kind
	for k := KindPartitioner; k <= KindAssignor; k++ {
		if f.Serves(k) {
			kinds = append(kinds, k)
		}
	}
	return kinds
}
