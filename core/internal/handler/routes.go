package handler

import (
	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/wire"
)

// Routes lists what the handlers answer, each with its versions. Every file of an API key adds one line here.
func (h *Handlers) Routes() []api.Route {
	return []api.Route{
		{Key: 0, Min: wire.ProduceMin, Max: wire.ProduceMax, AdvertisedMin: 0, Handle: h.produce},
		{Key: 1, Min: wire.FetchMin, Max: wire.FetchMax, AdvertisedMin: -1, Handle: h.fetch},
		{Key: 2, Min: 1, Max: 11, AdvertisedMin: -1, Handle: decoded(h.listOffsets)},
		{Key: 21, Min: 0, Max: 2, AdvertisedMin: -1, Handle: decoded(h.deleteRecords)},
		{Key: 22, Min: 0, Max: 5, AdvertisedMin: -1, Handle: decoded(h.initProducerID)},
		{Key: 23, Min: 2, Max: 4, AdvertisedMin: -1, Handle: decoded(h.offsetForLeaderEpoch)},
		{Key: 35, Min: 1, Max: 5, AdvertisedMin: -1, Handle: decoded(h.describeLogDirs)},
		{Key: 61, Min: 0, Max: 0, AdvertisedMin: -1, Handle: decoded(h.describeProducers)},
	}
}
