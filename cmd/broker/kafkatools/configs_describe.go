package kafkatools

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/kafka"
)

// describeResources prints the configs of one entity, or of all of a type.
func (c *configsCommand) describeResources(ctx context.Context, e entity) error {
	if e.kind == topicEntity && e.name != nil {
		if err := kafka.CheckTopicName(*e.name); err != nil {
			return &javaFailure{"org.apache.kafka.common.errors.InvalidTopicException: " + err.Error()}
		}
	}
	all := c.line.has("all")
	names := []string{}
	if e.name == nil || !all {
		existing, err := c.existingResources(ctx, e.kind)
		if err != nil {
			return err
		}
		names = existing
	}
	if e.name != nil {
		if !all && !slices.Contains(names, *e.name) {
			c.std.printf("The %s '%s' doesn't exist and doesn't have dynamic config.\n", e.singular(), *e.name)
			return nil
		}
		names = []string{*e.name}
	}
	for _, name := range names {
		if err := c.describeResource(ctx, e, name, all); err != nil {
			return err
		}
	}
	return nil
}

func (c *configsCommand) describeResource(ctx context.Context, e entity, name string, all bool) error {
	scope := "Dynamic"
	if all {
		scope = "All"
	}
	if name == "" {
		c.std.printf("Default configs for %s in the cluster are:\n", e.kind)
	} else {
		c.std.printf("%s configs for %s %s are:\n", scope, e.singular(), name)
	}
	configs, err := c.resourceConfigs(ctx, e, name)
	if err != nil {
		return err
	}
	for _, config := range configs {
		if !all && e.kind != loggerEntity && config.Source != ownSource(e.kind, name) {
			continue
		}
		var synonyms []string
		for _, s := range config.ConfigSynonyms {
			synonyms = append(synonyms, fmt.Sprintf("%s:%s=%s", sourceName(s.Source), s.Name, orNullText(s.Value)))
		}
		c.std.printf("  %s=%s sensitive=%t synonyms={%s}\n", config.Name, orNullText(config.Value), config.IsSensitive, strings.Join(synonyms, ", "))
	}
	return nil
}

func orNullText(s *string) string {
	if s == nil {
		return "null"
	}
	return *s
}

// ownSource is where the configs come from that were set for this very entity.
func ownSource(kind, name string) kmsg.ConfigSource {
	switch kind {
	case topicEntity:
		return kmsg.ConfigSourceDynamicTopicConfig
	case clientMetricsEntity:
		return kmsg.ConfigSourceClientMetricsConfig
	case groupEntity:
		return kmsg.ConfigSourceGroupConfig
	}
	if name == "" {
		return kmsg.ConfigSourceDynamicDefaultBrokerConfig
	}
	return kmsg.ConfigSourceDynamicBrokerConfig
}

// sourceName is Java's name of a source.
func sourceName(source kmsg.ConfigSource) string {
	switch source {
	case kmsg.ConfigSourceClientMetricsConfig:
		return "DYNAMIC_CLIENT_METRICS_CONFIG"
	case kmsg.ConfigSourceGroupConfig:
		return "DYNAMIC_GROUP_CONFIG"
	}
	return source.String()
}

// existingResources lists the entities of a type. Brokers end with "", their default.
func (c *configsCommand) existingResources(ctx context.Context, kind string) ([]string, error) {
	switch kind {
	case topicEntity:
		var names []string
		err := c.admin.call(ctx, "listTopics", func(ctx context.Context) error {
			topics, err := c.admin.ListTopicsWithInternal(ctx)
			names = topics.Names()
			return err
		})
		return names, futureFailure(err)
	case brokerEntity, loggerEntity:
		ids, err := c.admin.nodeIDs(ctx)
		var names []string
		for _, id := range ids {
			names = append(names, strconv.Itoa(int(id)))
		}
		if kind == brokerEntity {
			names = append(names, "")
		}
		return names, futureFailure(err)
	case clientMetricsEntity:
		return c.listResources(ctx, kmsg.ConfigResourceTypeClientMetrics)
	}
	return c.existingGroups(ctx)
}

// existingGroups are the groups that the coordinators know and those that have configs.
func (c *configsCommand) existingGroups(ctx context.Context) ([]string, error) {
	names, err := c.listResources(ctx, kmsg.ConfigResourceTypeGroupConfig)
	if err != nil {
		return nil, err
	}
	err = c.admin.call(ctx, "findAllBrokers", func(ctx context.Context) error {
		groups, err := c.admin.ListGroups(ctx)
		names = append(names, groups.Groups()...)
		return err
	})
	slices.Sort(names)
	return slices.Compact(names), futureFailure(err)
}

func (c *configsCommand) listResources(ctx context.Context, kind kmsg.ConfigResourceType) ([]string, error) {
	request := kmsg.NewPtrListConfigResourcesRequest()
	request.ResourceTypes = []int8{int8(kind)}
	var names []string
	err := c.admin.call(ctx, "listConfigResources", func(ctx context.Context) error {
		response, err := request.RequestWith(ctx, c.admin.kafka)
		if err == nil {
			err = newBrokerError(kerr.ErrorForCode(response.ErrorCode), "")
		}
		if err != nil {
			return err
		}
		names = nil
		for _, r := range response.ConfigResources {
			if r.Type == int8(kind) {
				names = append(names, r.Name)
			}
		}
		return nil
	})
	return names, futureFailure(err)
}
