package config

import "slices"

// brokerDefinitions lists the broker configs that Kafka 4.3 describes, by name, with Kafka's types, defaults and update
// modes. Where Jackdaw has another default, or gives a required config a value, it stands here: listeners, log.dirs,
// node.id, process.roles and controller.listener.names.
func brokerDefinitions() []Definition {
	all := slices.Concat(generalDefinitions(), logDefinitions(), coordinatorDefinitions(), quorumDefinitions(),
		remoteDefinitions(), securityDefinitions())
	slices.SortFunc(all, byName)
	return all
}

// set is a broker config with a default; unset is one without.
func set(name string, t Type, fallback string, mode updateMode, doc string) Definition {
	d := unset(name, t, mode, doc)
	d.Default = &fallback
	return d
}

func unset(name string, t Type, mode updateMode, doc string) Definition {
	return Definition{Name: name, Type: t, Doc: doc, mode: mode, Sensitive: t == Password}
}
