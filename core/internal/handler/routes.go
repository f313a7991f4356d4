package handler

import (
	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/wire"
)

// Routes lists what the handlers answer, each with its versions. Every file of an API key adds one line here.
func (h *Handlers) Routes() []api.Route {
	return []api.Route{
		{Key: 0, Min: wire.ProduceMin, Max: wire.ProduceMax, AdvertisesZero: true, Handle: h.produce},
		{Key: 1, Min: wire.FetchMin, Max: wire.FetchMax, Handle: h.fetch},
		{Key: 2, Min: 1, Max: 11, Handle: decoded(h.listOffsets)},
		{Key: 3, Min: 0, Max: 13, Handle: decoded(h.metadata)},
		{Key: 10, Min: 0, Max: 6, Handle: decoded(h.findCoordinator)},
		{Key: 17, Min: 0, Max: 1, Handle: decoded(h.saslHandshake)},
		{Key: 18, Min: 0, Max: apiVersionsMax, Handle: h.apiVersions()},
		{Key: 19, Min: 2, Max: 7, Handle: decoded(h.createTopics)},
		{Key: 20, Min: 1, Max: 6, Handle: decoded(h.deleteTopics)},
		{Key: 21, Min: 0, Max: 2, Handle: decoded(h.deleteRecords)},
		{Key: 22, Min: 0, Max: 5, Handle: decoded(h.initProducerID)},
		{Key: 23, Min: 2, Max: 4, Handle: decoded(h.offsetForLeaderEpoch)},
		{Key: 29, Min: 1, Max: 3, Handle: decoded(h.describeACLs)},
		{Key: 30, Min: 1, Max: 3, Handle: decoded(h.createACLs)},
		{Key: 31, Min: 1, Max: 3, Handle: decoded(h.deleteACLs)},
		{Key: 32, Min: 1, Max: 4, Handle: decoded(h.describeConfigs)},
		{Key: 33, Min: 0, Max: 2, Handle: decoded(h.replaceConfigs)},
		{Key: 35, Min: 1, Max: 5, Handle: decoded(h.describeLogDirs)},
		{Key: 36, Min: 0, Max: 2, Handle: decoded(h.saslAuthenticate)},
		{Key: 37, Min: 0, Max: 3, Handle: decoded(h.createPartitions)},
		{Key: 43, Min: 0, Max: 2, Handle: decoded(h.electLeaders)},
		{Key: 44, Min: 0, Max: 1, Handle: decoded(h.incrementalAlterConfigs)},
		{Key: 46, Min: 0, Max: 0, Handle: decoded(h.listPartitionReassignments)},
		{Key: 60, Min: 0, Max: 2, Handle: decoded(h.describeCluster)},
		{Key: 61, Min: 0, Max: 0, Handle: decoded(h.describeProducers)},
		{Key: 65, Min: 0, Max: 0, Handle: decoded(h.describeTransactions)},
		{Key: 66, Min: 0, Max: 2, Handle: decoded(h.listTransactions)},
		{Key: 74, Min: 0, Max: 1, Handle: decoded(h.listConfigResources)},
		{Key: 75, Min: 0, Max: 0, Handle: decoded(h.describeTopicPartitions)},
	}
}
