package kafkatools

import (
	"bytes"
	"encoding/json"
	"sync"
	"time"
)

// eventWriter prints events as lines of JSON, from any goroutine.
type eventWriter struct {
	mu  sync.Mutex
	std Streams
}

// event is what every event begins with.
type event struct {
	Timestamp int64  `json:"timestamp"`
	Name      string `json:"name"`
}

func newEvent(name string) event { return event{time.Now().UnixMilli(), name} }

func (w *eventWriter) print(data any) {
	encoded, err := marshalJSON(data)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil {
		w.std.printf("Bad data can't be written as json: %v\n", err)
		return
	}
	w.std.printf("%s\n", encoded)
}

// marshalJSON encodes without HTML escapes, as Java's encoder does.
func marshalJSON(data any) ([]byte, error) {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(data)
	return bytes.TrimSuffix(buffer.Bytes(), []byte("\n")), err
}
