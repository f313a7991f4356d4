package handler

// SaslHandshake (key 17), versions 0-1, and SaslAuthenticate (key 36), versions 0-2, once a connection is authenticated:
// on a listener without SASL every connection is. The dialogue itself belongs to the connection, which answers it before a
// request gets here. Apache Kafka lists both keys on every listener, and librdkafka looks for 17.

import (
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/kafka"
)

func (h *Handlers) saslHandshake(*api.Call, *kmsg.SASLHandshakeRequest) kmsg.Response {
	resp := kmsg.NewPtrSASLHandshakeResponse()
	resp.ErrorCode = int16(kafka.IllegalSASLState)
	return resp
}

func (h *Handlers) saslAuthenticate(*api.Call, *kmsg.SASLAuthenticateRequest) kmsg.Response {
	resp := kmsg.NewPtrSASLAuthenticateResponse()
	resp.ErrorCode = int16(kafka.IllegalSASLState)
	resp.ErrorMessage = kmsg.StringPtr("SaslAuthenticate request received after successful authentication")
	return resp
}
