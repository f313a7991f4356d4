package file

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
)

// maxValueBytes is the longest config value: it must fit into a string of the protocol's old versions.
const maxValueBytes = 1<<15 - 1

func errValueTooLong() error {
	return kafka.Errorf(kafka.InvalidConfig,
		"The configuration value cannot be added because it exceeds the maximum value size of %d bytes.", maxValueBytes)
}

// AlterConfigs changes the configs of resources: each resource wholly or not at all.
func (c *Controller) AlterConfigs(ctx context.Context, changes []metadata.ConfigChange, validateOnly bool) []error {
	c.mu.Lock()
	defer c.mu.Unlock()
	errs := make([]error, len(changes))
	fail := func(err error) []error {
		for i := range errs {
			if errs[i] == nil {
				errs[i] = err
			}
		}
		return errs
	}
	if err := c.ready(ctx); err != nil {
		return fail(err)
	}
	// A resource that is named twice sees what its first change made of it.
	staged := map[metadata.Resource]map[string]string{}
	var records []record
	for i := range changes {
		res := changes[i].Resource
		before, ok := staged[res]
		if !ok {
			before = c.state.configs[res]
		}
		after, err := c.alter(&changes[i], before)
		if err != nil {
			errs[i] = err
			continue
		}
		staged[res] = after
		records = appendDifference(records, res, before, after)
	}
	if len(records) > maxRecordsPerRequest {
		clear(errs)
		return fail(errTooManyRecords())
	}
	if !validateOnly {
		if err := c.commit(records); err != nil {
			return fail(err)
		}
	}
	return errs
}

func appendDifference(records []record, res metadata.Resource, before, after map[string]string) []record {
	for _, key := range slices.Sorted(maps.Keys(after)) {
		if old, ok := before[key]; !ok || old != after[key] {
			records = append(records, record{kind: setConfig, resource: res, key: key, value: after[key]})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(before)) {
		if _, ok := after[key]; !ok {
			records = append(records, record{kind: removeConfig, resource: res, key: key})
		}
	}
	return records
}

// alter returns the configs of a resource after a change that was found to be good.
func (c *Controller) alter(change *metadata.ConfigChange, before map[string]string) (map[string]string, error) {
	if err := checkEdits(change.Ops); err != nil {
		return nil, err
	}
	after := maps.Clone(before)
	if change.Replace || after == nil {
		after = map[string]string{}
	}
	for _, edit := range change.Ops {
		if err := c.edit(change.Resource, after, edit); err != nil {
			return nil, err
		}
	}
	if err := c.Configs.Check(change.Resource, after); err != nil {
		return nil, err
	}
	if err := c.checkPluginRefs(after); err != nil {
		return nil, err
	}
	return after, c.exists(change.Resource)
}

// checkEdits refuses what makes no sense for any resource.
func checkEdits(edits []metadata.ConfigEdit) error {
	seen := make(map[string]bool, len(edits))
	var nulls []string
	for _, edit := range edits {
		if seen[edit.Name] {
			return kafka.Errorf(kafka.InvalidRequest, "Error due to duplicate config keys")
		}
		seen[edit.Name] = true
		if edit.Op != metadata.DeleteConfig && edit.Value == nil {
			nulls = append(nulls, edit.Name)
		}
	}
	if len(nulls) > 0 {
		return kafka.Errorf(kafka.InvalidRequest, "Null value not supported for : %s", strings.Join(nulls, ", "))
	}
	return nil
}

// edit makes one change to configs.
func (c *Controller) edit(res metadata.Resource, configs map[string]string, edit metadata.ConfigEdit) error {
	switch edit.Op {
	case metadata.SetConfig:
		configs[edit.Name] = *edit.Value
	case metadata.DeleteConfig:
		delete(configs, edit.Name)
		return nil
	case metadata.AppendConfig, metadata.SubtractConfig:
		value, err := c.editList(res, configs, edit)
		if err != nil {
			return err
		}
		configs[edit.Name] = value
	default:
		return kafka.Errorf(kafka.InvalidRequest, "Unknown config operation %d", edit.Op)
	}
	if len(configs[edit.Name]) > maxValueBytes {
		return errValueTooLong()
	}
	return nil
}

// editList appends to or subtracts from a list config; one that is not set begins with its default.
func (c *Controller) editList(res metadata.Resource, configs map[string]string, edit metadata.ConfigEdit) (string, error) {
	definition := c.Configs.Definition(res.Type, edit.Name)
	if definition == nil || definition.Type != config.List {
		op := "APPEND"
		if edit.Op == metadata.SubtractConfig {
			op = "SUBTRACT"
		}
		return "", kafka.Errorf(kafka.InvalidConfig, "Can't %s to key %s because its type is not LIST.", op, edit.Name)
	}
	current, ok := configs[edit.Name]
	if !ok && definition.Default != nil {
		current = *definition.Default
	}
	list := slices.DeleteFunc(strings.Split(current, ","), func(s string) bool { return s == "" })
	for _, element := range strings.Split(*edit.Value, ",") {
		i := slices.Index(list, element)
		switch {
		case edit.Op == metadata.AppendConfig && i < 0:
			list = append(list, element)
		case edit.Op == metadata.SubtractConfig && i >= 0:
			list = slices.Delete(list, i, i+1)
		}
	}
	return strings.Join(list, ","), nil
}

// exists refuses resources that nobody has heard of. Groups may have configs before they exist.
func (c *Controller) exists(res metadata.Resource) error {
	switch res.Type {
	case metadata.TopicResource:
		if _, ok := c.state.names[res.Name]; !ok {
			return kafka.Errorf(kafka.UnknownTopicOrPartition, "The topic '%s' does not exist.", res.Name)
		}
	case metadata.BrokerResource:
		if res.Name != "" && res.Name != strconv.Itoa(int(c.self.ID)) {
			return kafka.Errorf(kafka.BrokerIDNotRegistered, "No broker with id %s found.", res.Name)
		}
	}
	return nil
}
