package config

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
)

// Check returns an INVALID_CONFIG or INVALID_REQUEST *kafka.Error in Kafka's words when the given complete set of dynamic
// configs of a resource is not acceptable. Whether the resource exists, and whether a broker id is that of the broker that
// was asked, is the caller's to know.
func (r *Resolver) Check(res metadata.Resource, configs map[string]string) error {
	switch res.Type {
	case metadata.TopicResource:
		if res.Name == "" {
			return kafka.Errorf(kafka.InvalidRequest, "Default topic resources are not allowed.")
		}
		return r.checkTopic(res.Name, configs)
	case metadata.GroupResource:
		if res.Name == "" {
			return kafka.Errorf(kafka.InvalidRequest, "Default group resources are not allowed.")
		}
		return r.checkGroup(configs)
	case metadata.BrokerResource:
		return r.checkBroker(res.Name, configs)
	case metadata.ClientMetricsResource:
		if res.Name == "" {
			return kafka.Errorf(kafka.InvalidRequest, "Default client metrics resources are not allowed.")
		}
		return r.checkClientMetrics(configs)
	default:
		return kafka.Errorf(kafka.InvalidRequest, "Unknown resource type %d", res.Type)
	}
}

// checkEach refuses unknown names first, then bad values, each in the order of the names.
func checkEach(t table, kind string, configs map[string]string) error {
	names := slices.Sorted(maps.Keys(configs))
	for _, name := range names {
		if t.byName[name] == nil {
			return kafka.Errorf(kafka.InvalidConfig, "Unknown %s config name: %s", kind, name)
		}
	}
	for _, name := range names {
		if err := t.byName[name].Validate(configs[name]); err != nil {
			return kafka.Errorf(kafka.InvalidConfig, "%s", err)
		}
	}
	return nil
}

func (r *Resolver) checkTopic(topic string, configs map[string]string) error {
	if err := checkEach(r.topics, "topic", configs); err != nil {
		return err
	}
	low, high := r.number(r.topics, configs, "min.compaction.lag.ms"), r.number(r.topics, configs, "max.compaction.lag.ms")
	if low > high {
		return kafka.Errorf(kafka.InvalidConfig,
			"conflict topic config setting min.compaction.lag.ms (%d) > max.compaction.lag.ms (%d)", low, high)
	}
	if strings.EqualFold(strings.TrimSpace(configs["remote.storage.enable"]), "true") {
		return kafka.Errorf(kafka.InvalidConfig, "Tiered Storage functionality is disabled in the broker."+
			" Topic cannot be configured with remote log storage.")
	}
	return checkPlugins(topic, configs)
}

func (r *Resolver) checkGroup(configs map[string]string) error {
	if err := checkEach(r.groups, "group", configs); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(configs)) {
		kind, rest, _ := strings.Cut(name, ".")
		n := r.number(r.groups, configs, name)
		lowName, highName := "group."+kind+".min."+rest, "group."+kind+".max."+rest
		if r.brokers.byName[lowName] != nil && n < r.brokerNumber(lowName) {
			return kafka.Errorf(kafka.InvalidConfig, "%s must be greater than or equal to %s", name, lowName)
		}
		if name == "streams.num.standby.replicas" {
			highName = "group.streams.max.standby.replicas"
		}
		if r.brokers.byName[highName] != nil && n > r.brokerNumber(highName) {
			return kafka.Errorf(kafka.InvalidConfig, "%s must be less than or equal to %s", name, highName)
		}
	}
	for _, kind := range []string{"consumer", "share", "streams"} {
		session, heartbeat := kind+".session.timeout.ms", kind+".heartbeat.interval.ms"
		if r.number(r.groups, configs, session) <= r.number(r.groups, configs, heartbeat) {
			return kafka.Errorf(kafka.InvalidConfig, "%s must be greater than %s", session, heartbeat)
		}
	}
	return nil
}

// checkBroker accepts unknown names and does not check ranges, as Kafka does. min.insync.replicas belongs to eligible
// leader replicas (KIP-966), whose rules Kafka 4.3 applies to every cluster that it formats.
func (r *Resolver) checkBroker(name string, configs map[string]string) error {
	if _, err := strconv.ParseInt(name, 10, 32); err != nil && name != "" {
		return kafka.Errorf(kafka.InvalidRequest, "Node id must be an integer, but it is: %s", name)
	}
	var fixed, single []string // configs that cannot change, and those that only one broker can have
	for _, key := range slices.Sorted(maps.Keys(configs)) {
		switch d := r.brokers.byName[key]; {
		case d == nil:
		case d.mode == readOnly:
			fixed = append(fixed, key)
		case d.mode == perBroker && name == "":
			single = append(single, key)
		}
	}
	if len(fixed) > 0 {
		return kafka.Errorf(kafka.InvalidRequest, "Cannot update these configs dynamically: [%s]",
			strings.Join(fixed, ", "))
	}
	if len(single) > 0 {
		return kafka.Errorf(kafka.InvalidRequest,
			"Cannot update these configs at default cluster level, broker id must be specified: [%s]",
			strings.Join(single, ", "))
	}
	for _, key := range slices.Sorted(maps.Keys(configs)) {
		if d := r.brokers.byName[key]; d != nil {
			if err := d.ValidateType(configs[key]); err != nil {
				return kafka.Errorf(kafka.InvalidRequest, "%s", err)
			}
		}
	}
	const minISR = "min.insync.replicas"
	switch _, isSet := configs[minISR]; {
	case name == "" && !isSet:
		return kafka.Errorf(kafka.InvalidConfig, "Cluster-level %s cannot be removed while ELR is enabled.", minISR)
	case name != "" && isSet:
		return kafka.Errorf(kafka.InvalidConfig, "Broker-level %s cannot be altered while ELR is enabled.", minISR)
	}
	return nil
}

func (r *Resolver) checkClientMetrics(configs map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(configs)) {
		d := r.metrics.byName[name]
		if d == nil {
			return kafka.Errorf(kafka.InvalidRequest, "Unknown client metrics configuration: %s", name)
		}
		if err := d.ValidateType(configs[name]); err != nil {
			return kafka.Errorf(kafka.InvalidConfig, "%s", err)
		}
	}
	const interval = "interval.ms"
	if n := r.number(r.metrics, configs, interval); n < 100 || n > 3600000 {
		return kafka.Errorf(kafka.InvalidRequest,
			"Invalid value %d for %s, interval must be between 100 and 3600000 (1 hour)", n, interval)
	}
	if err := clientMatch(configs["match"]); err != nil {
		return kafka.Errorf(kafka.InvalidConfig, "%s", err)
	}
	return nil
}

// number returns an integer config of a resource: as given, or as the broker's static settings have it. Configs have been
// checked to be numbers.
func (r *Resolver) number(t table, configs map[string]string, name string) int64 {
	v, ok := configs[name]
	if !ok {
		v, _ = r.inherited(nil, t.byName[name])
	}
	n, _ := strconv.ParseInt(strings.TrimSpace(v), 10, 64)
	return n
}

func (r *Resolver) brokerNumber(name string) int64 {
	v, _ := r.Value(nil, name)
	n, _ := strconv.ParseInt(strings.TrimSpace(v), 10, 64)
	return n
}
