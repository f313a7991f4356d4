package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Broker holds the static settings of the core itself. Modules declare their own structs in the same way: the tag config
// is the key, Kafka's name where Kafka has one, and doc says what it is for. Durations take the unit that the key ends in.
type Broker struct {
	NodeID                 int32    `config:"node.id"`
	BrokerID               int32    `config:"broker.id" doc:"Older name of node.id."`
	Rack                   string   `config:"broker.rack"`
	ProcessRoles           []string `config:"process.roles"`
	Listeners              []string `config:"listeners"`
	AdvertisedListeners    []string `config:"advertised.listeners"`
	SecurityProtocolMap    []string `config:"listener.security.protocol.map"`
	ControllerListeners    []string `config:"controller.listener.names" doc:"Listeners of Kafka's controllers. They are accepted, so that a file written for Kafka works, and not opened."`
	ControllerQuorumVoters []string `config:"controller.quorum.voters" doc:"Controllers of the cluster, as id@host:port. A single node may name itself."`
	InterBrokerListener    string   `config:"inter.broker.listener.name" doc:"Listener that brokers use among themselves."`
	AuthorizerClass        string   `config:"authorizer.class.name" doc:"Must be empty: there is no authorizer yet."`
	SecurityInterBroker    string   `config:"security.inter.broker.protocol" doc:"Must be PLAINTEXT."`

	LogDir  string   `config:"log.dir"`
	LogDirs []string `config:"log.dirs"`

	AutoCreateTopics         bool          `config:"auto.create.topics.enable"`
	DeleteTopics             bool          `config:"delete.topic.enable"`
	NumPartitions            int32         `config:"num.partitions"`
	DefaultReplicationFactor int32         `config:"default.replication.factor"`
	FetchMaxBytes            int32         `config:"fetch.max.bytes"`
	FetchSessionSlots        int           `config:"max.incremental.fetch.session.cache.slots"`
	MaxRequestPartitions     int           `config:"max.request.partition.size.limit"`
	ProducerIDExpiration     time.Duration `config:"producer.id.expiration.ms"`
	RecoveryThreadsPerDir    int           `config:"num.recovery.threads.per.data.dir"`

	AdoptTopics   bool          `config:"jackdaw.adopt.topics" doc:"Create the topics of logs in log.dirs that the metadata does not know, with their ids: for directories that Apache Kafka wrote. Without it such logs are left alone."`
	AdminListener string        `config:"jackdaw.admin.listener" doc:"Address of the operators' HTTP listener (health, metrics, log level, profiles); empty: none. It must be a loopback address."`
	LogLevel      string        `config:"jackdaw.log.level" doc:"Least severe messages that are logged: debug, info, warn or error. Can be changed while the broker runs."`
	LogFormat     string        `config:"jackdaw.log.format" doc:"How messages are logged: console or json."`
	StartTimeout  time.Duration `config:"jackdaw.start.timeout.ms" doc:"Limit of the start, recovery of logs included."`
	StopTimeout   time.Duration `config:"jackdaw.stop.timeout.ms" doc:"Limit of an orderly stop; what it does not reach is recovered at the next start."`
}

// DefaultBroker returns the settings of a broker that was told nothing.
func DefaultBroker() Broker {
	return Broker{
		NodeID:              1,
		BrokerID:            -1,
		ProcessRoles:        []string{"broker", "controller"},
		Listeners:           []string{"PLAINTEXT://127.0.0.1:9092"},
		SecurityProtocolMap: []string{"SASL_SSL:SASL_SSL", "PLAINTEXT:PLAINTEXT", "SSL:SSL", "SASL_PLAINTEXT:SASL_PLAINTEXT"},
		SecurityInterBroker: "PLAINTEXT",
		LogDir:              "/tmp/kafka-logs",
		LogDirs:             []string{"./data"},

		AutoCreateTopics:         true,
		DeleteTopics:             true,
		NumPartitions:            1,
		DefaultReplicationFactor: 1,
		FetchMaxBytes:            55 << 20,
		FetchSessionSlots:        1000,
		MaxRequestPartitions:     2000,
		ProducerIDExpiration:     24 * time.Hour,
		RecoveryThreadsPerDir:    2,

		AdminListener: "127.0.0.1:9644",
		LogLevel:      "info",
		LogFormat:     "console",
		StartTimeout:  10 * time.Minute,
		StopTimeout:   30 * time.Second,
	}
}

// Validate returns every mistake that one setting alone or two together make, each beginning with its key. Listeners have
// their own check (ParseListeners).
func (b Broker) Validate() error {
	var errs []error
	bad := func(ok bool, key, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf("%s: "+format, append([]any{key}, args...)...))
		}
	}
	bad(b.NodeID >= 0, "node.id", "must be at least 0")
	bad(b.NumPartitions >= 1, "num.partitions", "must be at least 1")
	bad(b.DefaultReplicationFactor >= 1, "default.replication.factor", "must be at least 1")
	bad(b.FetchMaxBytes >= 1024, "fetch.max.bytes", "must be at least 1024")
	bad(b.FetchSessionSlots >= 0, "max.incremental.fetch.session.cache.slots", "must be at least 0")
	bad(b.MaxRequestPartitions >= 1, "max.request.partition.size.limit", "must be at least 1")
	bad(b.ProducerIDExpiration > 0, "producer.id.expiration.ms", "must be at least 1")
	bad(b.RecoveryThreadsPerDir >= 1, "num.recovery.threads.per.data.dir", "must be at least 1")
	bad(len(b.LogDirs) > 0, "log.dirs", "names no directory")
	bad(len(slices.Compact(slices.Sorted(slices.Values(b.LogDirs)))) == len(b.LogDirs), "log.dirs", "names a directory twice")
	bad(b.StartTimeout > 0, "jackdaw.start.timeout.ms", "must be at least 1")
	bad(b.StopTimeout > 0, "jackdaw.stop.timeout.ms", "must be at least 1")
	bad(b.AdminListener == "" || isLoopback(b.AdminListener), "jackdaw.admin.listener",
		"%q is not host:port with a loopback address; there is no TLS and no password for it yet", b.AdminListener)
	bad(slices.Contains([]string{"debug", "info", "warn", "error"}, b.LogLevel), "jackdaw.log.level",
		"%q is not one of debug, info, warn, error", b.LogLevel)
	bad(slices.Contains([]string{"console", "json"}, b.LogFormat), "jackdaw.log.format",
		"%q is not one of console, json", b.LogFormat)
	bad(b.AuthorizerClass == "", "authorizer.class.name",
		"Jackdaw has no authorizer yet: any client may do anything. Remove the setting if that is meant")
	bad(b.SecurityInterBroker == "PLAINTEXT", "security.inter.broker.protocol",
		"%s is not supported yet, only PLAINTEXT", b.SecurityInterBroker)
	errs = append(errs, b.validateRoles()...)
	return errors.Join(errs...)
}

// validateRoles refuses what was written for several nodes: each would start a cluster of its own.
func (b Broker) validateRoles() []error {
	var errs []error
	if !slices.Contains(b.ProcessRoles, "broker") {
		errs = append(errs, fmt.Errorf("process.roles: must contain broker: a Jackdaw broker brings its controller along, there is no controller by itself"))
	}
	for _, role := range b.ProcessRoles {
		if role != "broker" && role != "controller" {
			errs = append(errs, fmt.Errorf("process.roles: %q is not one of broker, controller", role))
		}
	}
	if len(b.ControllerQuorumVoters) > 1 {
		errs = append(errs, fmt.Errorf("controller.quorum.voters: names %d nodes, but a cluster of several nodes is not supported yet",
			len(b.ControllerQuorumVoters)))
	}
	for _, voter := range b.ControllerQuorumVoters {
		id, _, ok := strings.Cut(voter, "@")
		if own := fmt.Sprint(b.NodeID); !ok || len(b.ControllerQuorumVoters) == 1 && id != own {
			errs = append(errs, fmt.Errorf("controller.quorum.voters: %q must be node.id %s of this node, as %s@host:port", voter, own, own))
		}
	}
	return errs
}

// isLoopback reports whether host:port is reachable from this machine only.
func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	ip, ipErr := netip.ParseAddr(host)
	return err == nil && (host == "localhost" || ipErr == nil && ip.IsLoopback())
}
