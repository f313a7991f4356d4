package handler

// DescribeTransactions (key 65), version 0 (KIP-664), of a broker without a transaction coordinator: it knows no
// transactional id.

import (
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/auth"
	"github.com/jackdawmq/jackdaw/core/kafka"
)

func (h *Handlers) describeTransactions(c *api.Call, req *kmsg.DescribeTransactionsRequest) kmsg.Response {
	resp := kmsg.NewPtrDescribeTransactionsResponse()
	for _, id := range req.TransactionalIDs {
		code := kafka.TransactionalIDNotFound
		switch {
		case !h.allowed(c, auth.Describe, auth.TransactionalID, id):
			code = kafka.TransactionalIDAuthorizationFailed
		case id == "":
			code = kafka.InvalidRequest
		}
		state := kmsg.NewDescribeTransactionsResponseTransactionState()
		state.TransactionalID, state.ErrorCode = id, int16(code)
		resp.TransactionStates = append(resp.TransactionStates, state)
	}
	return resp
}
