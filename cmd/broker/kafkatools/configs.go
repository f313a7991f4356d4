package kafkatools

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// configsCommand is one run of kafka-configs (kafka.admin.ConfigCommand).
type configsCommand struct {
	line     *commandLine
	std      Streams
	admin    *adminClient
	entities []entity
}

// javaFailure is an error that Kafka's tool reports as unexpected, with its arguments. text is the exception.
type javaFailure struct{ text string }

func (e *javaFailure) Error() string { return e.text }

// futureFailure is what a Java admin client throws for an answer of the cluster.
func futureFailure(err error) error {
	if err == nil {
		return nil
	}
	return &javaFailure{"java.util.concurrent.ExecutionException: " + describeFailure(err)}
}

func runConfigs(ctx context.Context, args []string, std Streams) int {
	set := configsOptions()
	line, code, done := set.start(args, "Describe and change the configs of topics, clients, users, brokers, ips, client metrics and groups.", "", std)
	if done {
		return code
	}
	entities, err := checkConfigsArgs(line)
	if misuse, ok := errors.AsType[usageError](err); ok {
		return std.misuse(set, misuse.Error())
	}
	if err == nil {
		err = executeConfigs(ctx, line, entities, std)
	}
	if err == nil {
		return exitOK
	}
	if _, unexpected := errors.AsType[*javaFailure](err); unexpected {
		std.errorf("Error while executing config command with args '%s'\n", strings.Join(args, " "))
	}
	std.errorf("%v\n", err)
	return exitFailed
}

func executeConfigs(ctx context.Context, line *commandLine, entities []entity, std Streams) error {
	admin, err := line.openAdmin()
	if err != nil {
		return &javaFailure{"org.apache.kafka.common.KafkaException: Failed to create new KafkaAdminClient: " + err.Error()}
	}
	defer admin.Close()
	c := &configsCommand{line: line, std: std, admin: admin, entities: entities}
	if line.has("alter") {
		return c.alter(ctx)
	}
	switch entities[0].kind {
	case userEntity, clientEntity:
		return c.describeUsersAndClients(ctx)
	case ipEntity:
		return c.describeQuotas(ctx)
	}
	return c.describeResources(ctx, entities[0])
}

func (c *configsCommand) alter(ctx context.Context) error {
	changes, err := parseConfigChanges(c.line)
	if err != nil {
		return err
	}
	head := c.entities[0]
	switch head.kind {
	case userEntity, clientEntity:
		err = c.alterUserOrClient(ctx, changes)
	case ipEntity:
		err = c.alterIPs(ctx, changes)
	case loggerEntity:
		if err = c.checkLoggers(ctx, *head.name, changes); err == nil {
			err = c.alterResource(ctx, head, changes)
		}
	default:
		err = c.alterResource(ctx, head, changes)
	}
	switch {
	case err != nil:
		return err
	case head.isNamed():
		c.std.printf("Completed updating config for %s %s.\n", head.singular(), *head.name)
	default:
		c.std.printf("Completed updating default config for %s in the cluster.\n", head.kind)
	}
	return nil
}

// checkLoggers refuses names that the broker has no logger of.
func (c *configsCommand) checkLoggers(ctx context.Context, broker string, changes configChanges) error {
	loggers, err := c.resourceConfigs(ctx, entity{kind: loggerEntity}, broker)
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, logger := range loggers {
		known[logger.Name] = true
	}
	unknown := slices.DeleteFunc(append(slices.Clone(changes.remove), changes.names()...), func(name string) bool { return known[name] })
	if len(unknown) > 0 {
		return fmt.Errorf("Invalid broker logger(s): %s", strings.Join(unknown, ","))
	}
	return nil
}

// resourceType is the type of a resource on the wire.
func (e entity) resourceType() kmsg.ConfigResourceType {
	switch e.kind {
	case topicEntity:
		return kmsg.ConfigResourceTypeTopic
	case brokerEntity:
		return kmsg.ConfigResourceTypeBroker
	case loggerEntity:
		return kmsg.ConfigResourceTypeBrokerLogger
	case clientMetricsEntity:
		return kmsg.ConfigResourceTypeClientMetrics
	}
	return kmsg.ConfigResourceTypeGroupConfig
}

func (c *configsCommand) alterResource(ctx context.Context, e entity, changes configChanges) error {
	resource := kmsg.NewIncrementalAlterConfigsRequestResource()
	resource.ResourceType, resource.ResourceName = e.resourceType(), *e.name
	for _, pair := range changes.set {
		config := kmsg.NewIncrementalAlterConfigsRequestResourceConfig()
		config.Name, config.Op, config.Value = pair.name, kmsg.IncrementalAlterConfigOpSet, kmsg.StringPtr(pair.value)
		resource.Configs = append(resource.Configs, config)
	}
	for _, name := range changes.remove {
		config := kmsg.NewIncrementalAlterConfigsRequestResourceConfig()
		config.Name, config.Op = name, kmsg.IncrementalAlterConfigOpDelete
		resource.Configs = append(resource.Configs, config)
	}
	request := kmsg.NewPtrIncrementalAlterConfigsRequest()
	request.Resources = append(request.Resources, resource)
	node := anyNode
	if e.kind == loggerEntity {
		node = *e.name
	}
	err := c.admin.call(ctx, "incrementalAlterConfigs", func(ctx context.Context) error {
		response, err := ask(ctx, c.admin, node, request)
		if err != nil {
			return err
		}
		for _, r := range response.Resources {
			if err := topicError(r.ErrorCode, r.ErrorMessage); err != nil {
				return err
			}
		}
		return nil
	})
	return futureFailure(err)
}

// resourceConfigs asks for the configs of one resource, sorted by name.
func (c *configsCommand) resourceConfigs(ctx context.Context, e entity, name string) ([]kmsg.DescribeConfigsResponseResourceConfig, error) {
	resource := kmsg.NewDescribeConfigsRequestResource()
	resource.ResourceType, resource.ResourceName = e.resourceType(), name
	request := kmsg.NewPtrDescribeConfigsRequest()
	request.IncludeSynonyms, request.Resources = true, append(request.Resources, resource)
	node := anyNode
	if e.kind == brokerEntity || e.kind == loggerEntity {
		node = name
	}
	var configs []kmsg.DescribeConfigsResponseResourceConfig
	err := c.admin.call(ctx, "describeConfigs", func(ctx context.Context) error {
		response, err := ask(ctx, c.admin, node, request)
		if err != nil {
			return err
		}
		for _, r := range response.Resources {
			if code := kerr.ErrorForCode(r.ErrorCode); code != nil {
				return topicError(r.ErrorCode, r.ErrorMessage)
			}
			configs = r.Configs
		}
		return nil
	})
	slices.SortFunc(configs, func(a, b kmsg.DescribeConfigsResponseResourceConfig) int { return strings.Compare(a.Name, b.Name) })
	return configs, futureFailure(err)
}
