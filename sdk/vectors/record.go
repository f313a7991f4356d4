package vectors

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/core/record"
)

func parseVector(line []byte, call plugin.Functions) (plugin.Record, Want, error) {
	var v vector
	if err := strict(line, &v); err != nil {
		return plugin.Record{}, Want{}, err
	}
	r := plugin.Record{Timestamp: v.Timestamp}
	var errs [3]error
	r.Key, errs[0] = parseField("key", v.Key)
	r.Value, errs[1] = parseField("value", v.Value)
	r.Headers, errs[2] = parseHeaders(v.Headers)
	if err := errors.Join(errs[:]...); err != nil {
		return r, Want{}, err
	}
	want := Want{Name: v.Name}
	var err error
	if call == plugin.CanPartition {
		want.Partition, err = parsePartition(v.Want)
	} else {
		want.Verdict, err = parseVerdict(v.Want, &r)
	}
	if err != nil {
		return r, want, fmt.Errorf("want: %w", err)
	}
	return r, want, nil
}

func parsePartition(raw json.RawMessage) (int32, error) {
	var want struct {
		Partition *int32 `json:"partition"`
	}
	if len(raw) == 0 || raw[0] != '{' {
		return 0, errPartition
	}
	if err := strict(raw, &want); err != nil {
		return 0, err
	}
	if want.Partition == nil {
		return 0, errPartition
	}
	return *want.Partition, nil
}

var errPartition = errors.New(`{"partition": NUMBER} is missing`)

var errWant = errors.New(`none of "keep", "drop", {"reject": MESSAGE, "code": NUMBER}, {"replace": {...}}`)

// parseVerdict reads what r must get. Fields that a replacement does not name stay as they are in r.
func parseVerdict(raw json.RawMessage, r *plugin.Record) (plugin.Verdict, error) {
	switch string(raw) {
	case `"keep"`:
		return plugin.Verdict{}, nil
	case `"drop"`:
		return plugin.Verdict{Action: plugin.Drop}, nil
	}
	var want struct {
		Reject  *string `json:"reject"`
		Code    int32   `json:"code"`
		Replace *struct {
			Key     json.RawMessage    `json:"key"`
			Value   json.RawMessage    `json:"value"`
			Headers *[]json.RawMessage `json:"headers"`
		} `json:"replace"`
	}
	if len(raw) == 0 || raw[0] != '{' {
		return plugin.Verdict{}, fmt.Errorf("%s is %w", cmp.Or(string(raw), "what is missing"), errWant)
	}
	if err := strict(raw, &want); err != nil {
		return plugin.Verdict{}, err
	}
	switch {
	case want.Reject != nil && want.Replace == nil:
		return plugin.Verdict{Action: plugin.Reject, Code: want.Code, Message: []byte(*want.Reject)}, nil
	case want.Replace == nil || want.Reject != nil:
		return plugin.Verdict{}, fmt.Errorf("it is %w", errWant)
	}
	v := plugin.Verdict{Action: plugin.Replace, Key: r.Key, Value: r.Value, Headers: r.Headers}
	var errs [3]error
	if want.Replace.Key != nil {
		v.Key, errs[0] = parseField("key", want.Replace.Key)
	}
	if want.Replace.Value != nil {
		v.Value, errs[1] = parseField("value", want.Replace.Value)
	}
	if want.Replace.Headers != nil {
		v.Headers, errs[2] = parseHeaders(*want.Replace.Headers)
	}
	return v, errors.Join(errs[:]...)
}

var errBytes = errors.New(`null, text, {"base64": TEXT} or {"json": ANYTHING}`)

// parseBytes reads null, text, {"base64": TEXT} or {"json": ANYTHING}, which stands for its own bytes as they are written.
func parseBytes(raw json.RawMessage) ([]byte, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	if raw[0] == '"' {
		var s string
		err := json.Unmarshal(raw, &s)
		return []byte(s), err
	}
	if raw[0] != '{' {
		return nil, fmt.Errorf("%s is no %w", raw, errBytes)
	}
	var b struct {
		Base64 *string         `json:"base64"`
		JSON   json.RawMessage `json:"json"`
	}
	if err := strict(raw, &b); err != nil {
		return nil, err
	}
	switch {
	case b.Base64 != nil && b.JSON == nil:
		return base64.StdEncoding.AppendDecode([]byte{}, []byte(*b.Base64))
	case b.JSON != nil && b.Base64 == nil:
		return b.JSON, nil
	}
	return nil, fmt.Errorf("it is no %w", errBytes)
}

func parseField(name string, raw json.RawMessage) ([]byte, error) {
	b, err := parseBytes(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return b, nil
}

// parseHeaders reads pairs of key and value.
func parseHeaders(raw []json.RawMessage) ([]record.RecordHeader, error) {
	var headers []record.RecordHeader
	for _, pair := range raw {
		var parts []json.RawMessage
		if json.Unmarshal(pair, &parts) != nil || len(parts) != 2 {
			return nil, fmt.Errorf("%s is no header: a header is [KEY, VALUE]", pair)
		}
		key, err := parseBytes(parts[0])
		if err != nil {
			return nil, err
		}
		value, err := parseBytes(parts[1])
		if err != nil {
			return nil, err
		}
		if key == nil {
			return nil, errors.New("the key of a header can't be null")
		}
		headers = append(headers, record.RecordHeader{Key: key, Value: value})
	}
	return headers, nil
}
