package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/core/plugin"
)

// bindFlags are the options of "plugin bind".
type bindFlags struct {
	slot, mode, config, onReject, onError, shadow, deadLetters string
}

func newPluginBindCommand(o *operators) *cobra.Command {
	var flags bindFlags
	topics, plugins := o.completeTopics(1), o.completePlugins(1, true)
	cmd := &cobra.Command{
		Use: "bind TOPIC NAME@VERSION", Short: "Let a plugin judge or rewrite the records of a topic", Args: cobra.ExactArgs(2),
		Long: "Let a plugin judge or rewrite the records of a topic. A binding is a few topic configs (jackdaw.*), which any Admin client\n" +
			"can set too. What a flag does not say stays as it is, so binding an older version is the rollback. On a broker whose operators'\n" +
			"listener is known (--admin) the command waits until the plugin is in force, and says why it can't run.",
		Example: "  broker plugin bind orders geo@1 --slot value.serializer --mode validate\n" +
			"  broker plugin bind orders geo@1 --config '{\"strict\":true}' --on-reject dlq",
		ValidArgsFunction: func(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
			if len(args) == 0 {
				return topics(cmd, args, word)
			}
			return plugins(cmd, args, word)
		},
		RunE: func(cmd *cobra.Command, args []string) error { return o.runBind(cmd, args[0], args[1], flags) },
	}
	f := cmd.Flags()
	f.StringVar(&flags.slot, "slot", "", "partitioner, key.serializer or value.serializer (default: the slot that has the plugin already, else value.serializer)")
	f.StringVar(&flags.mode, "mode", "", "validate or transform; for a partitioner observe or enforce")
	f.StringVar(&flags.config, "config", "", "configuration of the plugin, JSON")
	f.StringVar(&flags.onReject, "on-reject", "", "what becomes of a refused record: reject (with its batch), skip or dlq")
	f.StringVar(&flags.onError, "on-error", "", "what happens when the plugin fails: retry, reject or pass")
	f.StringVar(&flags.shadow, "shadow", "", "plugin that runs beside it and is only compared, name@version")
	f.StringVar(&flags.deadLetters, "dlq-topic", "", "topic of the records that --on-reject dlq leaves out (default TOPIC.dlq)")
	for name, words := range map[string][]string{
		"slot": slotWords(), "mode": {"validate", "transform", "observe", "enforce"},
		"on-reject": {"reject", "skip", "dlq"}, "on-error": {"retry", "reject", "pass"},
	} {
		_ = cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
	}
	return cmd
}

func (o *operators) runBind(cmd *cobra.Command, topic, text string, flags bindFlags) error {
	ref, err := plugin.ParseRef(text)
	if err != nil {
		return &misuseError{err.Error()}
	}
	if err := checkJSON(flags.config); err != nil {
		return err
	}
	return o.withAdmin(cmd.Context(), func(ctx context.Context, admin *kadm.Client) error {
		slot, err := bind(ctx, admin, topic, ref, flags)
		if err == nil && o.sameBroker(cmd) {
			err = o.awaitForce(ctx, topic, slot, ref, cmd.Flags().Changed("admin"))
		}
		if err != nil {
			return err
		}
		return o.report(bindingResult{topic, slot, ref.String(), "bound"}, "bound %s to topic %s as its %s", ref, topic, slot)
	})
}

// bindingResult is what bind and unbind did.
type bindingResult struct {
	Topic  string `json:"topic"`
	Slot   string `json:"slot"`
	Plugin string `json:"plugin,omitempty"`
	Result string `json:"result"`
}

// checkJSON reports where a configuration stops being JSON; "" is none.
func checkJSON(text string) error {
	var any json.RawMessage
	err := json.Unmarshal([]byte(text), &any)
	syntax, ok := errors.AsType[*json.SyntaxError](err)
	switch {
	case text == "" || err == nil:
		return nil
	case ok && syntax.Offset > 0:
		return misusef("--config is not JSON: %s, after %s", err, text[:min(int(syntax.Offset), len(text))])
	}
	return misusef("--config is not JSON: %s", err)
}

// bind sets the configs of a slot and returns which one it was.
func bind(ctx context.Context, admin *kadm.Client, topic string, ref plugin.Ref, flags bindFlags) (slot string, err error) {
	if flags.slot == "" {
		set, err := setConfigs(ctx, admin, topic)
		if err != nil {
			return "", err
		}
		flags.slot = slotOf(set, ref)
	}
	names, err := slotConfigs(flags.slot)
	if err != nil {
		return "", err
	}
	names = append(names, config.DeadLetterTopic)
	var edits []kadm.AlterConfig
	for i, value := range []string{ref.String(), flags.mode, flags.config, flags.onReject, flags.onError, flags.shadow, flags.deadLetters} {
		if value != "" {
			edits = append(edits, kadm.AlterConfig{Op: kadm.SetConfig, Name: names[i], Value: kadm.StringPtr(value)})
		}
	}
	return flags.slot, alterConfigs(ctx, admin, topic, edits)
}

// bindPoll is how often a broker is asked whether a plugin is in force.
const bindPoll = 20 * time.Millisecond

// awaitForce waits until a plugin is in force on the broker whose listener it is, and fails when it can't run there. A
// listener that does not answer is an error only when it was named.
func (o *operators) awaitForce(ctx context.Context, topic, slot string, ref plugin.Ref, named bool) error {
	tick := time.NewTicker(bindPoll)
	defer tick.Stop()
	for {
		path, err := o.path(ctx, topic)
		if err != nil && !named {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s is bound, but whether it runs is not known: %w", ref, err)
		}
		for _, s := range path.Slots {
			if !path.Current || s.Slot != slot || s.InForce == nil || s.InForce.Plugin != ref.String() {
				continue
			}
			if s.State == "broken" {
				return fmt.Errorf("%s is bound to topic %s and can't run there: %s\nBind it with another --config or --mode, bind another version, or 'broker plugin unbind %s --slot %s'",
					ref, topic, path.Why, topic, slot)
			}
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%s is bound to topic %s and not in force yet: %s", ref, topic, path.Why)
		}
	}
}

func alterConfigs(ctx context.Context, admin *kadm.Client, topic string, edits []kadm.AlterConfig) error {
	responses, err := admin.AlterTopicConfigs(ctx, edits, topic)
	if err != nil {
		return err
	}
	for _, r := range responses {
		if r.Err != nil {
			return withMessage("topic "+topic, r.Err, r.ErrMessage)
		}
	}
	return nil
}

func newPluginUnbindCommand(o *operators) *cobra.Command {
	var slot string
	cmd := &cobra.Command{
		Use: "unbind TOPIC", Short: "Take plugins away from a topic", Args: cobra.ExactArgs(1),
		Long:              "Take the plugin out of a slot of a topic, or without --slot out of all of them, with everything that was configured for it.",
		ValidArgsFunction: o.completeTopics(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			slots, edits := slotWords(), []kadm.AlterConfig{{Op: kadm.DeleteConfig, Name: config.DeadLetterTopic}}
			if slot != "" {
				slots, edits = []string{slot}, nil
			}
			for _, s := range slots {
				names, err := slotConfigs(s)
				if err != nil {
					return err
				}
				for _, name := range names {
					edits = append(edits, kadm.AlterConfig{Op: kadm.DeleteConfig, Name: name})
				}
			}
			return o.withAdmin(cmd.Context(), func(ctx context.Context, admin *kadm.Client) error {
				if err := alterConfigs(ctx, admin, args[0], edits); err != nil {
					return err
				}
				what := strings.Join(slots, ", ")
				return o.report(bindingResult{Topic: args[0], Slot: what, Result: "unbound"}, "topic %s has no plugin as its %s", args[0], what)
			})
		},
	}
	cmd.Flags().StringVar(&slot, "slot", "", "partitioner, key.serializer or value.serializer (default: all)")
	_ = cmd.RegisterFlagCompletionFunc("slot", cobra.FixedCompletions(slotWords(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}
