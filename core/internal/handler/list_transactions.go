package handler

// ListTransactions (key 66), versions 0-2 (KIP-664), of a broker without a transaction coordinator: an empty list.
//
//	v1: duration filter (KIP-994). v2: pattern of the transactional id (KIP-1152)

import (
	"regexp"
	"slices"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/kafka"
)

func (h *Handlers) listTransactions(_ *api.Call, req *kmsg.ListTransactionsRequest) kmsg.Response {
	resp := kmsg.NewPtrListTransactionsResponse()
	// The states of org.apache.kafka.coordinator.transaction.TransactionState.
	states := []string{"Empty", "Ongoing", "PrepareCommit", "PrepareAbort", "CompleteCommit", "CompleteAbort", "Dead",
		"PrepareEpochFence"}
	for _, state := range req.StateFilters {
		if !slices.Contains(states, state) {
			resp.UnknownStateFilters = append(resp.UnknownStateFilters, state)
		}
	}
	if p := req.TransactionalIDPattern; p != nil {
		if _, err := regexp.Compile(*p); err != nil {
			resp.ErrorCode = int16(kafka.InvalidRegularExpression)
		}
	}
	return resp
}
