package kafkatools

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"unicode"

	"github.com/twmb/franz-go/pkg/kerr"
)

// javaException names the Java exception class of a Kafka error code, as the tools print it. Most names follow from
// the code's own; the others are listed.
func javaException(err *kerr.Error) string {
	switch err.Message {
	case "NON_EMPTY_GROUP":
		return "GroupNotEmptyException"
	case "TOPIC_ALREADY_EXISTS":
		return "TopicExistsException"
	case "INVALID_CONFIG":
		return "InvalidConfigurationException"
	case "REQUEST_TIMED_OUT":
		return "TimeoutException"
	case "MESSAGE_TOO_LARGE":
		return "RecordTooLargeException"
	case "TOPIC_AUTHORIZATION_FAILED", "GROUP_AUTHORIZATION_FAILED", "CLUSTER_AUTHORIZATION_FAILED",
		"TRANSACTIONAL_ID_AUTHORIZATION_FAILED":
		return camelCase(strings.TrimSuffix(err.Message, "_FAILED")) + "Exception"
	case "SASL_AUTHENTICATION_FAILED":
		return "SaslAuthenticationException"
	}
	return camelCase(strings.TrimSuffix(err.Message, "_EXCEPTION")) + "Exception"
}

// constantCase turns the name of a call into that of its API: alterUserScramCredentials is ALTER_USER_SCRAM_CREDENTIALS.
func constantCase(call string) string {
	var b strings.Builder
	for _, r := range call {
		if unicode.IsUpper(r) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToUpper(r))
	}
	return b.String()
}

// isTooOld reports whether a broker does not serve an API at all. The Go client has no exported error for it.
func isTooOld(err error) bool {
	return err != nil && (strings.Contains(err.Error(), "broker is too old") || strings.Contains(err.Error(), "unknown request key"))
}

func camelCase(constant string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(constant, "_") {
		if part != "" {
			b.WriteString(part[:1] + strings.ToLower(part[1:]))
		}
	}
	return b.String()
}

// javaMessage is the text that a Java client attaches to an error code when the broker sends none. Scripts compare some of
// them, so they are kept to the letter; the rest have the Go client's description.
func javaMessage(err *kerr.Error) string {
	switch err.Message {
	case "UNKNOWN_TOPIC_OR_PARTITION":
		return "This server does not host this topic-partition."
	case "GROUP_ID_NOT_FOUND":
		return "The group id does not exist."
	case "NON_EMPTY_GROUP":
		return "The group is not empty."
	case "GROUP_SUBSCRIBED_TO_TOPIC":
		return "Deleting offsets of a topic is forbidden while the consumer group is actively subscribed to it."
	case "TOPIC_ALREADY_EXISTS":
		return "Topic with this name already exists."
	case "COORDINATOR_NOT_AVAILABLE":
		return "The coordinator is not available."
	case "COORDINATOR_LOAD_IN_PROGRESS":
		return "The coordinator is loading and hence can't process requests."
	case "INVALID_GROUP_ID":
		return "The configured groupId is invalid."
	case "UNKNOWN_MEMBER_ID":
		return "The coordinator is not aware of this member."
	case "TOPIC_AUTHORIZATION_FAILED":
		return "Topic authorization failed."
	case "GROUP_AUTHORIZATION_FAILED":
		return "Group authorization failed."
	case "CLUSTER_AUTHORIZATION_FAILED":
		return "Cluster authorization failed."
	case "REQUEST_TIMED_OUT":
		return "The request timed out."
	case "MESSAGE_TOO_LARGE":
		return "The request included a message larger than the max message size the server will accept."
	case "OFFSET_OUT_OF_RANGE":
		return "The requested offset is not within the range of offsets maintained by the server."
	case "POLICY_VIOLATION":
		return "Request parameters do not satisfy the configured policy."
	case "UNSUPPORTED_VERSION":
		return "The version of API is not supported."
	}
	return err.Description
}

// brokerError is an error that a broker answered, with the message it sent beside the code.
type brokerError struct {
	code    *kerr.Error
	message string
}

// newBrokerError attaches message ("" for none) to err. An err that is not a Kafka error code stays as it is.
func newBrokerError(err error, message string) error {
	code, ok := errors.AsType[*kerr.Error](err)
	if !ok {
		return err
	}
	if message == "" {
		message = javaMessage(code)
	}
	return &brokerError{code: code, message: message}
}

// Error returns the message alone: what Java's getMessage returns.
func (e *brokerError) Error() string { return e.message }

// Unwrap makes errors.Is(err, kerr.X) true.
func (e *brokerError) Unwrap() error { return e.code }

// kafkaCode returns the code behind an error of the cluster; an error without one is an unknown server error.
func kafkaCode(err error) *kerr.Error {
	if code, ok := errors.AsType[*kerr.Error](err); ok {
		return code
	}
	return kerr.UnknownServerError
}

// javaString renders an error as Java's toString does: the class, then the message.
func javaString(err error) string {
	if broker, ok := errors.AsType[*brokerError](err); ok {
		return "org.apache.kafka.common.errors." + javaException(broker.code) + ": " + broker.message
	}
	if code, ok := errors.AsType[*kerr.Error](err); ok {
		return "org.apache.kafka.common.errors." + javaException(code) + ": " + javaMessage(code)
	}
	if timeout, ok := errors.AsType[*timeoutError](err); ok {
		return "org.apache.kafka.common.errors.TimeoutException: " + timeout.Error()
	}
	return err.Error()
}

// timeoutError says that no broker answered in time. call is the name that Java's admin client has for what was asked.
type timeoutError struct {
	call  string
	cause error
}

func (e *timeoutError) Error() string {
	return "Timed out waiting for a node assignment. Call: " + e.call
}

func (e *timeoutError) Unwrap() error { return e.cause }

// isUnreachable reports whether err says that a broker could not be reached, as opposed to an answer of it.
func isUnreachable(err error) bool {
	if errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	_, isNet := errors.AsType[net.Error](err)
	_, isBroker := errors.AsType[*kerr.Error](err)
	return isNet && !isBroker
}

// isCoordinatorAway reports whether err says that a group has no coordinator yet: a fresh cluster creates __consumer_offsets with the
// first question.
func isCoordinatorAway(err error) bool {
	return errors.Is(err, kerr.CoordinatorNotAvailable) || errors.Is(err, kerr.CoordinatorLoadInProgress) || errors.Is(err, kerr.NotCoordinator)
}

// describeFailure is javaString with, for an unreachable cluster, the reason behind it.
func describeFailure(err error) string {
	if timeout, ok := errors.AsType[*timeoutError](err); ok && timeout.cause != nil {
		return fmt.Sprintf("%s (%v)", javaString(err), timeout.cause)
	}
	return javaString(err)
}
