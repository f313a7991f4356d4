package admin

import (
	"bytes"
	"encoding/json"
	"net/http"

	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
)

// slotConfigs returns the configs of the slot that the path names.
func slotConfigs(r *http.Request) ([]string, error) {
	for _, kind := range config.SlotKinds() {
		if r.PathValue("slot") == kind.String() {
			return config.SlotConfigs(kind), nil
		}
	}
	return nil, kafka.Errorf(kafka.ResourceNotFound, "There is no slot %s: slots are partitioner, key.serializer and value.serializer.", r.PathValue("slot"))
}

func topicOf(r *http.Request) metadata.Resource {
	return metadata.Resource{Type: metadata.TopicResource, Name: r.PathValue("topic")}
}

// bind puts a plugin into a slot of a topic. What the request leaves out goes back to its default.
func (a *pluginAPI) bind(r *http.Request) (any, error) {
	names, err := slotConfigs(r)
	if err != nil {
		return nil, err
	}
	var b Binding
	if err := decodeBinding(r, &b, &b.Plugin); err != nil {
		return nil, err
	}
	text, err := configText(b.Config)
	if err != nil {
		return nil, err
	}
	values := []string{b.Plugin, b.Mode, text, b.OnReject, b.OnError, b.Shadow}
	if b.DeadLetters != "" {
		names, values = append(names, config.DeadLetterTopic), append(values, b.DeadLetters)
	}
	if err := a.alter(r, topicOf(r), names, values); err != nil {
		return nil, err
	}
	return a.bindings(r)
}

// unbind takes the plugin out of a slot.
func (a *pluginAPI) unbind(r *http.Request) (any, error) {
	names, err := slotConfigs(r)
	if err != nil {
		return nil, err
	}
	return nil, a.alter(r, topicOf(r), names, make([]string, len(names)))
}

// unbindAll takes the plugins out of all slots.
func (a *pluginAPI) unbindAll(r *http.Request) (any, error) {
	names := []string{config.DeadLetterTopic}
	for _, kind := range config.SlotKinds() {
		names = append(names, config.SlotConfigs(kind)...)
	}
	return nil, a.alter(r, topicOf(r), names, make([]string, len(names)))
}

// decodeBinding reads the body of a request that binds the plugin that it names.
func decodeBinding(r *http.Request, into any, named *string) error {
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return badBody(err)
	}
	if *named == "" {
		return kafka.Errorf(kafka.InvalidRequest, `The body must say which plugin: {"plugin": "name@version"}.`)
	}
	return nil
}

// configText is the configuration of a plugin as configs hold it; "" for none.
func configText(raw json.RawMessage) (string, error) {
	var text bytes.Buffer
	if len(raw) == 0 || string(raw) == "null" {
		return "", nil
	}
	if err := json.Compact(&text, raw); err != nil {
		return "", badBody(err)
	}
	return text.String(), nil
}

// alter gives configs their values; those with "" go back to their defaults.
func (a *pluginAPI) alter(r *http.Request, of metadata.Resource, names, values []string) error {
	change := metadata.ConfigChange{Resource: of}
	for i, name := range names {
		edit := metadata.ConfigEdit{Name: name, Op: metadata.SetConfig, Value: &values[i]}
		if values[i] == "" {
			edit.Op, edit.Value = metadata.DeleteConfig, nil
		}
		change.Ops = append(change.Ops, edit)
	}
	return a.Metadata.AlterConfigs(r.Context(), []metadata.ConfigChange{change}, false)[0]
}
