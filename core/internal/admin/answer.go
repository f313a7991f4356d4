package admin

import (
	"context"
	"encoding/json"
	"errors"
	"mime"
	"net/http"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/plugin"
)

const jsonType = "application/json"

// Problem is the body of every answer that says no.
type Problem struct {
	Error   string   `json:"error"`
	Reasons []string `json:"reasons"` // of a module that is refused: all of them
}

var errNotAllowed = errors.New("you are not allowed to do that")

func badBody(err error) error {
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return tooLarge
	}
	return kafka.Errorf(kafka.InvalidRequest, "The body is not as it should be: %s", err)
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Cache-Control", "no-store")
	if value == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	w.Header().Set("Content-Type", jsonType)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) // the client is gone: nobody to tell
}

func writeError(w http.ResponseWriter, err error) {
	p := Problem{Error: err.Error(), Reasons: []string{}}
	if message := kafka.MessageOf(err); message != nil {
		p.Error = *message
	}
	if refusal, ok := errors.AsType[*plugin.Refusal](err); ok {
		p.Reasons = refusal.Reasons
	}
	writeJSON(w, statusOf(err), p)
}

// statusOf translates an error.
func statusOf(err error) int {
	if failure, ok := errors.AsType[*plugin.Failure](err); ok {
		if failure.Retriable() {
			return http.StatusServiceUnavailable
		}
		return http.StatusUnprocessableEntity
	}
	if _, ok := errors.AsType[*plugin.Refusal](err); ok {
		return http.StatusUnprocessableEntity
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return http.StatusRequestEntityTooLarge
	}
	switch {
	case errors.Is(err, errNotAllowed):
		return http.StatusForbidden
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return http.StatusGatewayTimeout
	}
	switch kafka.CodeOf(err) {
	case kafka.InvalidRequest, kafka.InvalidConfig, kafka.InvalidTopicException:
		return http.StatusBadRequest
	case kafka.ResourceNotFound, kafka.UnknownTopicOrPartition:
		return http.StatusNotFound
	case kafka.DuplicateResource, kafka.PolicyViolation:
		return http.StatusConflict
	case kafka.NotController, kafka.RequestTimedOut:
		return http.StatusServiceUnavailable
	default:
		return http.StatusInternalServerError
	}
}

// onlyType refuses other content types. A form on a foreign page can send neither JSON nor WebAssembly without being asked.
func onlyType(typ string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if got, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || got != typ {
			writeJSON(w, http.StatusUnsupportedMediaType, Problem{"the content type must be " + typ, []string{}})
			return
		}
		next.ServeHTTP(w, r)
	})
}
