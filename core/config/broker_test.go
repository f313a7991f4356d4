package config_test

import (
	"strings"
	"testing"

	"github.com/jackdawmq/jackdaw/core/config"
)

func TestBrokerValidate(t *testing.T) {
	if err := config.DefaultBroker().Validate(); err != nil {
		t.Errorf("the defaults: %v", err)
	}
	f := func(want string, edit func(b *config.Broker)) {
		t.Helper()
		b := config.DefaultBroker()
		edit(&b)
		switch err := b.Validate(); {
		case want == "" && err != nil:
			t.Errorf("refused: %v", err)
		case want != "" && (err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n")):
			t.Errorf("got %v, want %s alone", err, want)
		}
	}
	f("", func(b *config.Broker) { b.NodeID = 0 })
	f("node.id: ", func(b *config.Broker) { b.NodeID = -1 })
	f("num.partitions: ", func(b *config.Broker) { b.NumPartitions = 0 })
	f("default.replication.factor: ", func(b *config.Broker) { b.DefaultReplicationFactor = 0 })
	f("", func(b *config.Broker) { b.FetchMaxBytes = 1024 })
	f("fetch.max.bytes: ", func(b *config.Broker) { b.FetchMaxBytes = 1023 })
	f("", func(b *config.Broker) { b.FetchSessionSlots = 0 })
	f("max.incremental.fetch.session.cache.slots: ", func(b *config.Broker) { b.FetchSessionSlots = -1 })
	f("max.request.partition.size.limit: ", func(b *config.Broker) { b.MaxRequestPartitions = 0 })
	f("producer.id.expiration.ms: ", func(b *config.Broker) { b.ProducerIDExpiration = 0 })
	f("num.recovery.threads.per.data.dir: ", func(b *config.Broker) { b.RecoveryThreadsPerDir = 0 })
	f("log.dirs: names no", func(b *config.Broker) { b.LogDirs = nil })
	f("log.dirs: names a directory twice", func(b *config.Broker) { b.LogDirs = []string{"/a", "/b", "/a"} })
	f("jackdaw.start.timeout.ms: ", func(b *config.Broker) { b.StartTimeout = 0 })
	f("jackdaw.stop.timeout.ms: ", func(b *config.Broker) { b.StopTimeout = 0 })
	f("", func(b *config.Broker) { b.AdminListener = "" })
	f("", func(b *config.Broker) { b.AdminListener = "localhost:0" })
	f("", func(b *config.Broker) { b.AdminListener = "[::1]:9644" })
	f("jackdaw.admin.listener: ", func(b *config.Broker) { b.AdminListener = "0.0.0.0:9644" })
	f("jackdaw.admin.listener: ", func(b *config.Broker) { b.AdminListener = ":9644" })
	f("jackdaw.admin.listener: ", func(b *config.Broker) { b.AdminListener = "127.0.0.1" })
	f("jackdaw.log.level: ", func(b *config.Broker) { b.LogLevel = "loud" })
	f("jackdaw.log.format: ", func(b *config.Broker) { b.LogFormat = "xml" })
	f("authorizer.class.name: ", func(b *config.Broker) { b.AuthorizerClass = "kafka.security.authorizer.AclAuthorizer" })
	f("security.inter.broker.protocol: SSL", func(b *config.Broker) { b.SecurityInterBroker = "SSL" })
	f("", func(b *config.Broker) { b.ProcessRoles = []string{"broker"} })
	f("process.roles: must contain broker", func(b *config.Broker) { b.ProcessRoles = []string{"controller"} })
	f(`process.roles: "observer"`, func(b *config.Broker) { b.ProcessRoles = []string{"broker", "observer"} })
	f("", func(b *config.Broker) { b.ControllerQuorumVoters = []string{"1@localhost:9093"} })
	f(`controller.quorum.voters: "2@localhost:9093" must be node.id 1`, func(b *config.Broker) { b.ControllerQuorumVoters = []string{"2@localhost:9093"} })
	f(`controller.quorum.voters: "localhost:9093"`, func(b *config.Broker) { b.ControllerQuorumVoters = []string{"localhost:9093"} })
	f("controller.quorum.voters: names 2 nodes", func(b *config.Broker) { b.ControllerQuorumVoters = []string{"1@a:9093", "2@b:9093"} })
}
