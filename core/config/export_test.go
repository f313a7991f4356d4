package config

// The tables, for tests that look at all of them. Others ask a Resolver.
var (
	TopicDefinitions         = topicDefinitions
	GroupDefinitions         = groupDefinitions
	BrokerDefinitions        = brokerDefinitions
	ClientMetricsDefinitions = clientMetricsDefinitions
)
