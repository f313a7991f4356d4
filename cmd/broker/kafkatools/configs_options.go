package kafkatools

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
)

// Entity types, as --entity-type names them.
const (
	topicEntity         = "topics"
	clientEntity        = "clients"
	userEntity          = "users"
	brokerEntity        = "brokers"
	ipEntity            = "ips"
	clientMetricsEntity = "client-metrics"
	groupEntity         = "groups"
	loggerEntity        = "broker-loggers"
)

func entityTypes() []string {
	return []string{topicEntity, clientEntity, userEntity, brokerEntity, ipEntity, clientMetricsEntity, groupEntity, loggerEntity}
}

// entityOption is an option that names a type and an entity at once, or the default of a type.
type entityOption struct {
	name, kind string
	isDefault  bool
}

// entityOptions are in the order in which Kafka's tool collects them: the first decides what is reported.
func entityOptions() []entityOption {
	return []entityOption{
		{"topic", topicEntity, false}, {"client", clientEntity, false}, {"user", userEntity, false}, {"broker", brokerEntity, false},
		{"broker-logger", loggerEntity, false}, {"ip", ipEntity, false}, {"client-metrics", clientMetricsEntity, false}, {"group", groupEntity, false},
		{"client-defaults", clientEntity, true}, {"user-defaults", userEntity, true}, {"broker-defaults", brokerEntity, true}, {"ip-defaults", ipEntity, true},
	}
}

func configsOptions() optionSet {
	set := optionSet{
		{name: "alter", help: "Change the configs of an entity."},
		{name: "describe", help: "Show the configs of entities."},
		{name: "all", help: "With --describe: static and default values too."},
		{name: "entity-type", argument: requiredArgument, many: true, help: strings.Join(entityTypes(), "/")},
		{name: "entity-name", argument: requiredArgument, many: true, help: "Topic, client id, user, broker id, address, subscription or group."},
		{name: "entity-default", help: "The default of clients, users, brokers or ips."},
		{name: "add-config", argument: requiredArgument, help: "Configs to set: k1=v1,k2=[v1,v2]; brackets enclose values with commas."},
		{name: "add-config-file", argument: requiredArgument, help: "A properties file with configs to set."},
		{name: "delete-config", argument: requiredArgument, many: true, help: "Names of configs to remove, separated by commas."},
		{name: "bootstrap-controller", argument: requiredArgument, label: "controller to connect to",
			help: "Controllers to ask in place of brokers; they serve brokers and broker-loggers."},
	}
	for _, o := range entityOptions() {
		if o.isDefault {
			set = append(set, option{name: o.name, help: "The default configs of " + o.kind + "."})
		} else {
			set = append(set, option{name: o.name, argument: requiredArgument, help: "An entity of the type " + o.kind + "."})
		}
	}
	return set.withCommon()
}

// entity is one --entity-type with its name. A nil name stands for all of the type, an empty one for the default.
type entity struct {
	kind string
	name *string
}

// singular is the type in messages: "topic", "client-metric".
func (e entity) singular() string { return strings.TrimSuffix(e.kind, "s") }

func (e entity) isNamed() bool { return e.name != nil && *e.name != "" }

// configEntities pairs types with names in the order in which they were given.
func configEntities(line *commandLine) (kinds, names []string) {
	kinds = slices.Clone(line.values("entity-type"))
	// --entity-name and --entity-default share one order on Kafka's command line. More than one default is of no use, so names come first.
	names = slices.Clone(line.values("entity-name"))
	if line.has("entity-default") {
		names = append(names, "")
	}
	for _, o := range entityOptions() {
		if line.has(o.name) {
			kinds, names = append(kinds, o.kind), append(names, line.value(o.name))
		}
	}
	return kinds, names
}

// checkConfigsArgs applies the rules of kafka-configs and returns the entities.
func checkConfigsArgs(line *commandLine) ([]entity, error) {
	if len(line.anyOf("alter", "describe")) != 1 {
		return nil, usagef("Command must include exactly one action: --describe, --alter")
	}
	if line.has("describe") {
		for _, o := range []string{"add-config", "delete-config"} {
			if line.has(o) {
				return nil, usagef("Option \"[describe]\" can't be used with option \"[%s]\"", o)
			}
		}
	}
	kinds, names := configEntities(line)
	if err := firstError(line.checkTypes(), checkEntityTypes(line, kinds)); err != nil {
		return nil, err
	}
	if err := checkEntityNames(kinds, names); err != nil {
		return nil, err
	}
	if line.has("describe") {
		return pairEntities(kinds, names), checkDescribedEntities(line, kinds[0], names)
	}
	if err := checkAlteredEntities(line, kinds, names); err != nil {
		return nil, err
	}
	return pairEntities(kinds, names), nil
}

func pairEntities(kinds, names []string) []entity {
	var entities []entity
	for i, kind := range kinds {
		e := entity{kind: kind}
		if i < len(names) {
			e.name = &names[i]
		}
		entities = append(entities, e)
	}
	return entities
}

func checkEntityTypes(line *commandLine, kinds []string) error {
	for i, kind := range kinds {
		if slices.Contains(kinds[:i], kind) {
			return fmt.Errorf("Duplicate entity type(s) specified: %s", kind)
		}
	}
	switch {
	case line.has("bootstrap-server") && line.has("bootstrap-controller"):
		return errors.New("Only one of --bootstrap-server or --bootstrap-controller can be specified")
	case len(line.anyOf("bootstrap-server", "bootstrap-controller")) == 0:
		return errors.New("Either --bootstrap-server or --bootstrap-controller must be specified.")
	}
	for _, kind := range kinds {
		if !slices.Contains(entityTypes(), kind) {
			return fmt.Errorf("Invalid entity type %s, the entity type must be one of %s with a --bootstrap-server or --bootstrap-controller argument",
				kind, strings.Join(entityTypes(), ", "))
		}
	}
	switch {
	case len(kinds) == 0:
		return errors.New("At least one entity type must be specified")
	case len(kinds) > 1 && (len(kinds) != 2 || !slices.Contains(kinds, userEntity) || !slices.Contains(kinds, clientEntity)):
		return errors.New("Only 'users' and 'clients' entity types may be specified together")
	}
	mixed := slices.ContainsFunc(entityOptions(), func(o entityOption) bool { return line.has(o.name) })
	if mixed && len(line.anyOf("entity-type", "entity-name", "entity-default")) > 0 {
		return errors.New("--entity-{type,name,default} should not be used in conjunction with specific entity flags")
	}
	return nil
}

func checkEntityNames(kinds, names []string) error {
	for i, name := range names {
		if name == "" || i >= len(kinds) {
			continue
		}
		switch kinds[i] {
		case ipEntity:
			if _, err := net.LookupHost(name); err != nil {
				return fmt.Errorf("The entity name for %s must be a valid IP or resolvable host, but it is: %s", kinds[i], name)
			}
		case brokerEntity, loggerEntity:
			if _, err := strconv.ParseInt(name, 10, 32); err != nil {
				return fmt.Errorf("The entity name for %s must be a valid integer broker id, but it is: %s", kinds[i], name)
			}
		}
	}
	return nil
}

// hasDefault reports whether entities of a type have a default.
func hasDefault(kind string) bool {
	return kind == clientEntity || kind == userEntity || kind == brokerEntity || kind == ipEntity
}

func isNamed(names []string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return n != "" })
}

func checkDescribedEntities(line *commandLine, kind string, names []string) error {
	switch {
	case !hasDefault(kind) && line.has("entity-default"):
		return fmt.Errorf("--entity-default must not be specified with --describe of %s", kind)
	case kind == loggerEntity && !isNamed(names):
		return fmt.Errorf("An entity name must be specified with --describe of %s", kind)
	}
	return nil
}

func checkAlteredEntities(line *commandLine, kinds, names []string) error {
	if hasDefault(kinds[0]) && len(names) == 0 {
		return fmt.Errorf("An entity-name or default entity must be specified with --alter of %s", strings.Join(kinds, ","))
	}
	if !hasDefault(kinds[0]) && !isNamed(names) {
		return fmt.Errorf("An entity name must be specified with --alter of %s", strings.Join(kinds, ","))
	}
	switch given := line.anyOf("add-config", "add-config-file", "delete-config"); {
	case line.has("add-config") && line.has("add-config-file"):
		return errors.New("Only one of --add-config or --add-config-file must be specified")
	case len(given) == 0:
		return errors.New("At least one of --add-config, --add-config-file, or --delete-config must be specified with --alter")
	case len(kinds) != len(names):
		return errors.New("An entity name must be specified for every entity type")
	}
	return nil
}
