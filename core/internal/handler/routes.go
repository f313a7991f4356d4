package handler

import "github.com/jackdawmq/jackdaw/core/api"

// Routes lists what the handlers answer, each with its versions. Every file of an API key adds one line here.
func (h *Handlers) Routes() []api.Route {
	return []api.Route{}
}
