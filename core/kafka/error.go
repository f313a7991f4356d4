package kafka

import (
	"errors"
	"fmt"
	"strconv"
)

// ErrorCode is an error code of the Kafka protocol (org.apache.kafka.common.protocol.Errors). It is an error itself, so
// that a function can return UnknownTopicOrPartition and errors.Is finds it. NoError must never be returned as an error.
type ErrorCode int16

// Error returns the code's protocol name, for example UNKNOWN_TOPIC_OR_PARTITION.
func (c ErrorCode) Error() string { return c.String() }

// String returns the code's protocol name, or its number when the protocol has no such code.
func (c ErrorCode) String() string {
	if e, ok := errorNames[c]; ok {
		return e.name
	}
	return "ERROR_CODE_" + strconv.Itoa(int(c))
}

// Retriable reports whether clients retry a request that failed with this code.
func (c ErrorCode) Retriable() bool { return errorNames[c].retriable }

// Error is an error code together with the message that a response carries beside it.
type Error struct {
	Code    ErrorCode
	Message string
}

// Errorf builds an Error. The message is what a user reads: what happened, where, and what to do.
func Errorf(code ErrorCode, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Error returns the protocol name followed by the message.
func (e *Error) Error() string {
	if e.Message == "" {
		return e.Code.String()
	}
	return e.Code.String() + ": " + e.Message
}

// Unwrap makes errors.Is(err, code) true.
func (e *Error) Unwrap() error { return e.Code }

// CodeOf returns the protocol code that an error carries: NoError for nil, UnknownServerError for an error that carries
// none.
func CodeOf(err error) ErrorCode {
	if err == nil {
		return NoError
	}
	if code, ok := errors.AsType[ErrorCode](err); ok {
		return code
	}
	return UnknownServerError
}

// MessageOf returns the message of an Error within err, or nil when there is none: the null that the protocol sends.
func MessageOf(err error) *string {
	if e, ok := errors.AsType[*Error](err); ok && e.Message != "" {
		return &e.Message
	}
	return nil
}
