package recordschema

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"github.com/twmb/franz-go/pkg/kbin"
)

// Metadata renders the value of a record of __cluster_metadata: its type, version and data. Errors have the words of Kafka's tool.
func (d *Decoder) Metadata(value []byte) (string, error) {
	r, version, data, err := d.framed("metadata", value)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf(`{"type":%q,"version":%d,"data":%s}`, r.name, version, data), nil
}

// framed renders a record of a table that is in a frame.
func (d *Decoder) framed(table string, value []byte) (r *record, version int16, data json.RawMessage, err error) {
	number, version, body, err := frame(value)
	if err != nil {
		return nil, 0, nil, err
	}
	if r = d.tables[table][number]; r == nil {
		return nil, 0, nil, fmt.Errorf("org.apache.kafka.common.errors.UnsupportedVersionException: Unknown metadata id %d", number)
	}
	data, err = r.render(body, version, true)
	if garbage, ok := errors.AsType[*garbageError](err); ok {
		err = fmt.Errorf("Found %d byte(s) of garbage after %d", garbage.bytes, number)
	} else if err != nil {
		err = fmt.Errorf("Failed to deserialize record with type %d", number)
	}
	return r, version, data, err
}

// frame reads what metadata records begin with: the version of the frame, the type and the version of the record.
func frame(value []byte) (number, version int16, body []byte, err error) {
	r := kbin.Reader{Src: value}
	var head [3]int16
	for i, name := range []string{"frame version", "type", "version"} {
		n := r.Uvarint()
		switch {
		case !r.Ok():
			return 0, 0, nil, fmt.Errorf("Error while reading %s", name)
		case n > math.MaxInt16:
			return 0, 0, nil, fmt.Errorf("Value for %s was too large.", name)
		case i == 0 && n != 1:
			return 0, 0, nil, fmt.Errorf("Could not deserialize metadata record due to unknown frame version %d(only frame version 1 is supported)", n)
		}
		head[i] = int16(n)
	}
	return head[1], head[2], r.Src, nil
}

// Control renders the value of a KRaft control record with the word that Kafka's tool puts before it. ok is false for a type that is
// not KRaft's, or a value that can't be read.
func (d *Decoder) Control(kind int16, value []byte) (text string, ok bool) {
	r := d.tables["control"][kind]
	if r == nil {
		return "", false
	}
	data, err := r.render(value, 0, true) // Kafka reads all of them as version 0
	return r.name + " " + string(data), err == nil
}

// ShareGroup renders key and value of a record of __share_group_state. The key is of the given type. value is the bytes behind the
// version. A nil value is a tombstone. known is false for another type.
func (d *Decoder) ShareGroup(kind, version int16, key, value []byte) (keyData, valueData json.RawMessage, known bool, err error) {
	r := d.tables["share-key"][kind]
	if r == nil {
		return nil, nil, false, nil
	}
	if keyData, err = r.render(key, 0, false); err != nil || value == nil {
		return keyData, nil, true, err
	}
	valueData, err = d.tables["share-value"][kind].render(value, version, true)
	return keyData, valueData, true, err
}
