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
		{Key: 2, Min: 1, Max: 11, Handle: api.Decoded(h.listOffsets)},
		{Key: 3, Min: 0, Max: 13, Handle: api.Decoded(h.metadata)},
		{Key: 10, Min: 0, Max: 6, Handle: api.Decoded(h.findCoordinator)},
		{Key: 17, Min: 0, Max: 1, Handle: api.Decoded(h.saslHandshake)},
		{Key: 18, Min: 0, Max: apiVersionsMax, Handle: h.apiVersions()},
		{Key: 19, Min: 2, Max: 7, Handle: api.Decoded(h.createTopics)},
		{Key: 20, Min: 1, Max: 6, Handle: api.Decoded(h.deleteTopics)},
		{Key: 21, Min: 0, Max: 2, Handle: api.Decoded(h.deleteRecords)},
		{Key: 22, Min: 0, Max: 5, Handle: api.Decoded(h.initProducerID)},
		{Key: 23, Min: 2, Max: 4, Handle: api.Decoded(h.offsetForLeaderEpoch)},
		{Key: 29, Min: 1, Max: 3, Handle: api.Decoded(h.describeACLs)},
		{Key: 30, Min: 1, Max: 3, Handle: api.Decoded(h.createACLs)},
		{Key: 31, Min: 1, Max: 3, Handle: api.Decoded(h.deleteACLs)},
		{Key: 32, Min: 1, Max: 4, Handle: api.Decoded(h.describeConfigs)},
		{Key: 33, Min: 0, Max: 2, Handle: api.Decoded(h.replaceConfigs)},
		{Key: 35, Min: 1, Max: 5, Handle: api.Decoded(h.describeLogDirs)},
		{Key: 36, Min: 0, Max: 2, Handle: api.Decoded(h.saslAuthenticate)},
		{Key: 37, Min: 0, Max: 3, Handle: api.Decoded(h.createPartitions)},
		{Key: 43, Min: 0, Max: 2, Handle: api.Decoded(h.electLeaders)},
		{Key: 44, Min: 0, Max: 1, Handle: api.Decoded(h.incrementalAlterConfigs)},
		{Key: 46, Min: 0, Max: 0, Handle: api.Decoded(h.listPartitionReassignments)},
		{Key: 60, Min: 0, Max: 2, Handle: api.Decoded(h.describeCluster)},
		{Key: 61, Min: 0, Max: 0, Handle: api.Decoded(h.describeProducers)},
		// Nobody begins a transaction here, so these two have none to tell of. A transaction coordinator brings its own.
		{Key: 65, Min: 0, Max: 0, Handle: api.Decoded(h.describeTransactions)},
		{Key: 66, Min: 0, Max: 2, Handle: api.Decoded(h.listTransactions)},
		{Key: 74, Min: 0, Max: 1, Handle: api.Decoded(h.listConfigResources)},
		{Key: 75, Min: 0, Max: 0, Handle: api.Decoded(h.describeTopicPartitions)},
	}
}
