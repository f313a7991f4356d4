package metadata

import (
	"github.com/jackdawmq/jackdaw/core/kafka"
)

// Image is all metadata at one offset. It and everything it points to is immutable.
type Image struct {
	ClusterID string // 22 characters of URL-safe base64
	Offset    int64  // grows with every change; FinalizedFeaturesEpoch of ApiVersions
	// ControllerID is the broker that clients are told to send controller requests to.
	ControllerID kafka.NodeID
	Brokers      map[kafka.NodeID]*Broker
	Topics       map[string]*Topic
	TopicIDs     map[kafka.TopicID]*Topic
	// Configs holds the dynamic configs by resource; absent keys have their defaults.
	Configs map[Resource]map[string]string
	// Plugins are the deployed versions of plugins by name@version.
	Plugins map[string]*Plugin
	// Features are the finalized feature levels; a feature at level 0 is absent.
	Features map[string]int16
}

// Broker is a registered broker.
type Broker struct {
	ID        kafka.NodeID
	Epoch     int64
	Rack      string // "" when it has none
	Fenced    bool
	Endpoints []Endpoint
}

// Endpoint is an advertised address.
type Endpoint struct {
	Listener string
	Protocol string // PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL
	Host     string
	Port     int32
}

// Endpoint returns the broker's advertised address on a listener.
func (b *Broker) Endpoint(listener string) (Endpoint, bool) {
	for _, e := range b.Endpoints {
		if e.Listener == listener {
			return e, true
		}
	}
	return Endpoint{}, false
}

// Topic is a topic and its partitions, which are consecutive from 0.
type Topic struct {
	Name       string
	ID         kafka.TopicID
	Partitions []Partition
}

// Partition is the replicated state of one partition.
type Partition struct {
	Replicas       []kafka.NodeID
	ISR            []kafka.NodeID
	Leader         kafka.NodeID // kafka.NoNode when there is none
	LeaderEpoch    kafka.LeaderEpoch
	PartitionEpoch int32
}

// ResourceType is the type of a config resource (org.apache.kafka.common.config.ConfigResource.Type).
type ResourceType int8

// The config resource types.
const (
	TopicResource         ResourceType = 2
	BrokerResource        ResourceType = 4 // name "" is the cluster-wide default
	BrokerLoggerResource  ResourceType = 8
	ClientMetricsResource ResourceType = 16
	GroupResource         ResourceType = 32
)

// Resource is what a config belongs to.
type Resource struct {
	Type ResourceType
	Name string
}

// TopicConfigs returns the configs that were set on a topic.
func (i *Image) TopicConfigs(topic string) map[string]string {
	return i.Configs[Resource{TopicResource, topic}]
}

// Partition returns the state of a partition, or nil.
func (i *Image) Partition(tp kafka.TopicPartition) *Partition {
	t := i.Topics[tp.Topic]
	if t == nil || tp.Partition < 0 || int(tp.Partition) >= len(t.Partitions) {
		return nil
	}
	return &t.Partitions[tp.Partition]
}

// Delta names what changed from one image to the next.
type Delta struct {
	// Topics that are new or changed: partitions added, leaders or ISR changed.
	Topics []*Topic
	// Deleted topics, as they were.
	Deleted []*Topic
	// Configs whose values changed.
	Configs []Resource
	// Plugins that were deployed or removed, as name@version.
	Plugins []string
	// Brokers is true when a broker came, went or changed.
	Brokers bool
}
