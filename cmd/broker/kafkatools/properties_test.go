package kafkatools_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/jackdawmq/jackdaw/cmd/broker/kafkatools"
)

func TestLoadProperties(t *testing.T) {
	path := filepath.Join(t.TempDir(), "client.properties")
	text := "# comment\nclient.id = one\\u0041\nsasl.jaas.config=a \\\n  b\nkeep=${not.expanded}\nempty=\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	props, err := kafkatools.LoadProperties(path)
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{"client.id": "oneA", "sasl.jaas.config": "a b", "keep": "${not.expanded}", "empty": ""} {
		if props[key] != want {
			t.Errorf("%s is %q, want %q", key, props[key], want)
		}
	}
}

// open builds a client from all options that the properties give.
func open(t *testing.T, props kafkatools.Properties) *kgo.Client {
	t.Helper()
	var all []kgo.Opt
	for _, translate := range []func() ([]kgo.Opt, error){props.ClientOptions, props.ProducerOptions, props.ConsumerOptions} {
		opts, err := translate()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, opts...)
	}
	client, err := kgo.NewClient(all...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

func TestPropertiesReachTheClient(t *testing.T) {
	client := open(t, kafkatools.Properties{
		"bootstrap.servers": "h1:1, h2:2,", "client.id": "me", "acks": "1", "compression.type": "zstd", "linger.ms": "7",
		"isolation.level": "read_committed", "fetch.max.bytes": "77", "nobody.knows": "this",
	})
	for _, c := range []struct {
		option any
		want   any
	}{
		{kgo.ClientID, "me"}, {kgo.FetchMaxBytes, int32(77)}, {kgo.DisableIdempotentWrite, true}, {kgo.RequiredAcks, kgo.LeaderAck()},
		{kgo.FetchIsolationLevel, int8(1)},
	} {
		if got := client.OptValue(c.option); got != c.want {
			t.Errorf("got %v, want %v", got, c.want)
		}
	}
	if seeds := client.OptValue(kgo.SeedBrokers).([]string); strings.Join(seeds, " ") != "h1:1 h2:2" {
		t.Errorf("seeds %v", seeds)
	}
}

func TestSecurityProperties(t *testing.T) {
	login := `org.apache.kafka.common.security.scram.ScramLoginModule required username="u" password="p;w";`
	client := open(t, kafkatools.Properties{"bootstrap.servers": "h:1", "security.protocol": "sasl_ssl", "sasl.mechanism": "SCRAM-SHA-512",
		"sasl.jaas.config": login, "ssl.endpoint.identification.algorithm": ""})
	if client.OptValue(kgo.DialTLSConfig) == nil || len(client.OptValues(kgo.SASL)) == 0 {
		t.Error("SASL over TLS was not set up")
	}
}

func TestPropertyErrors(t *testing.T) {
	for name, c := range map[string]struct {
		props kafkatools.Properties
		want  string
	}{
		"no servers": {kafkatools.Properties{}, "No resolvable bootstrap urls given in bootstrap.servers"},
		"no port":    {kafkatools.Properties{"bootstrap.servers": "h"}, "Invalid url in bootstrap.servers: h"},
		"bad port":   {kafkatools.Properties{"bootstrap.servers": "h:70000"}, "Invalid url in bootstrap.servers: h:70000"},
		"protocol":   {kafkatools.Properties{"bootstrap.servers": "h:1", "security.protocol": "X"}, "Invalid value X for configuration security.protocol"},
		"JKS":        {kafkatools.Properties{"bootstrap.servers": "h:1", "security.protocol": "SSL", "ssl.truststore.location": "t.jks"}, "only PEM stores are supported without Java"},
		"PEM":        {kafkatools.Properties{"bootstrap.servers": "h:1", "security.protocol": "SSL", "ssl.truststore.certificates": "junk"}, "no certificate in PEM format"},
		"mechanism":  {kafkatools.Properties{"bootstrap.servers": "h:1", "security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "GSSAPI", "sasl.jaas.config": " username=u password=p"}, "GSSAPI is not supported here"},
		"no user":    {kafkatools.Properties{"bootstrap.servers": "h:1", "security.protocol": "SASL_PLAINTEXT"}, "sasl.jaas.config names no username"},
		"number":     {kafkatools.Properties{"bootstrap.servers": "h:1", "metadata.max.age.ms": "x"}, "Invalid value x for configuration metadata.max.age.ms: Not a number of type LONG"},
	} {
		_, err := c.props.ClientOptions()
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	for key, value := range map[string]string{"acks": "2", "compression.type": "x", "retries": "x", "buffer.memory": "x"} {
		if _, err := (kafkatools.Properties{key: value}).ProducerOptions(); err == nil || !strings.Contains(err.Error(), "Invalid value "+value) {
			t.Errorf("%s=%s: %v", key, value, err)
		}
	}
	if _, err := (kafkatools.Properties{"acks": "1", "enable.idempotence": "true"}).ProducerOptions(); err == nil {
		t.Error("an idempotent producer without acks=all was accepted")
	}
	if _, err := (kafkatools.Properties{"auto.offset.reset": "by_duration:PT1H"}).ConsumerOptions(); err != nil {
		t.Error(err)
	}
	for key, value := range map[string]string{"auto.offset.reset": "x", "isolation.level": "x"} {
		if _, err := (kafkatools.Properties{key: value}).ConsumerOptions(); err == nil {
			t.Errorf("%s=%s was accepted", key, value)
		}
	}
	for key, value := range map[string]string{"group.protocol": "x", "partition.assignment.strategy": "com.example.Mine", "group.remote.assignor": "mine"} {
		props := kafkatools.Properties{"group.id": "g", key: value}
		if key == "group.remote.assignor" {
			props["group.protocol"] = "consumer"
		}
		if _, err := props.GroupOptions(); err == nil {
			t.Errorf("%s=%s was accepted", key, value)
		}
	}
}
