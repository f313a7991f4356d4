package kafkatools

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/cmd/broker/kafkatools/javanum"
)

func isClientQuota(name string) bool {
	return slices.Contains([]string{"producer_byte_rate", "consumer_byte_rate", "request_percentage", "controller_mutation_rate"}, name)
}

// quotaType is the name of an entity type in quotas.
func quotaType(kind string) string {
	return map[string]string{userEntity: "user", clientEntity: "client-id", ipEntity: "ip"}[kind]
}

func (c *configsCommand) alterUserOrClient(ctx context.Context, changes configChanges) error {
	users := len(c.entities) == 1 && c.entities[0].kind == userEntity
	unexpected := func(names []string) []string {
		return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return isClientQuota(n) || users && isScram(n) })
	}
	allowed, kind := "quota configs", clientEntity
	if users {
		allowed, kind = "quota and SCRAM credential configs", userEntity
	}
	if names := unexpected(changes.names()); len(names) > 0 {
		return fmt.Errorf("Only %s can be added for '%s' using --bootstrap-server. Unexpected config names: Set(%s)", allowed, kind, strings.Join(names, ", "))
	}
	if names := unexpected(changes.remove); len(names) > 0 {
		return fmt.Errorf("Only %s can be deleted for '%s' using --bootstrap-server. Unexpected config names: ArrayBuffer(%s)", allowed, kind, strings.Join(names, ", "))
	}
	named := append(changes.names(), changes.remove...)
	quotas, scram := slices.ContainsFunc(named, isClientQuota), slices.ContainsFunc(named, isScram)
	switch {
	case scram && !c.entities[0].isNamed():
		return errors.New("The use of --entity-default or --user-defaults is not allowed with User SCRAM Credentials using --bootstrap-server.")
	case scram && quotas:
		return errors.New("Cannot alter both quota and SCRAM credential configs simultaneously for 'users' using --bootstrap-server.")
	case scram:
		return c.alterScram(ctx, *c.entities[0].name, changes)
	}
	return c.alterQuotas(ctx, changes)
}

func (c *configsCommand) alterIPs(ctx context.Context, changes configChanges) error {
	unknown := slices.DeleteFunc(append(changes.names(), changes.remove...), func(n string) bool { return n == "connection_creation_rate" })
	if len(unknown) > 0 {
		return fmt.Errorf("Only connection quota configs can be added for 'ips' using --bootstrap-server. Unexpected config names: %s", strings.Join(unknown, ","))
	}
	return c.alterQuotas(ctx, changes)
}

// alterQuotas refuses to remove what is not set, as Kafka's tool does.
func (c *configsCommand) alterQuotas(ctx context.Context, changes configChanges) error {
	described, err := c.quotas(ctx)
	if err != nil {
		return err
	}
	set := map[string]bool{}
	for _, q := range described {
		for _, v := range q.Values {
			set[v.Key] = true
		}
	}
	if missing := slices.DeleteFunc(slices.Clone(changes.remove), func(n string) bool { return set[n] }); len(missing) > 0 {
		return fmt.Errorf("Invalid config(s): %s", strings.Join(missing, ","))
	}
	entry, err := c.quotaChanges(changes)
	if err != nil {
		return err
	}
	request := kmsg.NewPtrAlterClientQuotasRequest()
	request.Entries = append(request.Entries, entry)
	err = c.admin.call(ctx, "alterClientQuotas", func(ctx context.Context) error {
		response, err := request.RequestWith(ctx, c.admin.kafka)
		if err != nil {
			return err
		}
		for _, e := range response.Entries {
			if err := topicError(e.ErrorCode, e.ErrorMessage); err != nil {
				return err
			}
		}
		return nil
	})
	return futureFailure(err)
}

// quotaChanges builds the change of one entity.
func (c *configsCommand) quotaChanges(changes configChanges) (kmsg.AlterClientQuotasRequestEntry, error) {
	entry := kmsg.NewAlterClientQuotasRequestEntry()
	for _, e := range c.entities {
		part := kmsg.NewAlterClientQuotasRequestEntryEntity()
		part.Type = quotaType(e.kind)
		if e.isNamed() {
			part.Name = e.name
		}
		entry.Entity = append(entry.Entity, part)
	}
	for _, pair := range changes.set {
		value, err := strconv.ParseFloat(pair.value, 64)
		if err != nil {
			return entry, fmt.Errorf("Cannot parse quota configuration value for %s: %s", pair.name, pair.value)
		}
		entry.Ops = append(entry.Ops, kmsg.AlterClientQuotasRequestEntryOp{Key: pair.name, Value: value})
	}
	for _, name := range changes.remove {
		entry.Ops = append(entry.Ops, kmsg.AlterClientQuotasRequestEntryOp{Key: name, Remove: true})
	}
	return entry, nil
}

// quotas asks for the quotas of exactly the entities that were given.
func (c *configsCommand) quotas(ctx context.Context) (kadm.DescribedClientQuotas, error) {
	var components []kadm.DescribeClientQuotaComponent
	for _, e := range c.entities {
		component := kadm.DescribeClientQuotaComponent{Type: quotaType(e.kind), MatchType: kmsg.QuotasMatchTypeAny}
		switch {
		case e.isNamed():
			component.MatchType, component.MatchName = kmsg.QuotasMatchTypeExact, e.name
		case e.name != nil:
			component.MatchType = kmsg.QuotasMatchTypeDefault
		}
		components = append(components, component)
	}
	var described kadm.DescribedClientQuotas
	err := c.admin.call(ctx, "describeClientQuotas", func(ctx context.Context) (err error) {
		described, err = c.admin.DescribeClientQuotas(ctx, true, components)
		if sent, ok := errors.AsType[*kadm.ErrAndMessage](err); ok {
			err = newBrokerError(sent.Err, sent.ErrMessage)
		}
		return err
	})
	return described, futureFailure(err)
}

func (c *configsCommand) describeQuotas(ctx context.Context) error {
	described, err := c.quotas(ctx)
	if err != nil {
		return err
	}
	for _, q := range described {
		var who, values []string
		for _, kind := range []string{"user", "client-id", "ip"} {
			for _, e := range q.Entity {
				if e.Type == kind {
					who = append(who, quotaSubject(e))
				}
			}
		}
		for _, v := range q.Values {
			values = append(values, v.Key+"="+javanum.Double(v.Value))
		}
		c.std.printf("Quota configs for %s are %s\n", strings.Join(who, ", "), strings.Join(values, ", "))
	}
	return nil
}

func quotaSubject(e kadm.ClientQuotaEntityComponent) string {
	kind := e.Type
	if kind == "user" {
		kind = "user-principal"
	}
	if e.Name == nil {
		return "the default " + kind
	}
	return fmt.Sprintf("%s '%s'", kind, *e.Name)
}

// describeUsersAndClients prints quotas and, for users alone, credentials.
func (c *configsCommand) describeUsersAndClients(ctx context.Context) error {
	if err := c.describeQuotas(ctx); err != nil {
		return err
	}
	only := c.entities[0]
	if len(c.entities) > 1 || only.kind != userEntity || only.name != nil && !only.isNamed() {
		return nil
	}
	var users []string
	if only.name != nil {
		users = append(users, *only.name)
	}
	return c.describeScram(ctx, users)
}
