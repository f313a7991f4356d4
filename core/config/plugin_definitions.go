package config

import "github.com/jackdawmq/jackdaw/core/plugin"

// topicPluginDefinitions lists the configs that bind plugins to a topic. They have no defaults of their own and are
// described only where they are set, so that a topic without plugins looks as it does in Kafka.
func topicPluginDefinitions() []Definition {
	var list []Definition
	for _, kind := range SlotKinds() {
		names := SlotConfigs(kind)
		modes, valid := "[validate, transform]", "validate"
		if kind == plugin.KindPartitioner {
			modes, valid = "[observe, enforce]", "observe"
		}
		list = append(list,
			Definition{Name: names[0], Type: String, Valid: "name@version or a digest", Check: parses(plugin.ParseRef), OnlyWhenSet: true,
				Doc: "Plugin that runs as the topic's " + kind.String() + " before records are appended."},
			Definition{Name: names[1], Type: String, Valid: modes, Check: parses(plugin.ParseMode), OnlyWhenSet: true,
				Doc: "What is done with the plugin's answers; " + valid + " when it is not set."},
			Definition{Name: names[2], Type: String, OnlyWhenSet: true,
				Doc: "Configuration that the plugin gets, JSON by convention."},
			Definition{Name: names[3], Type: String, Valid: "[reject, skip, dlq]", Check: parses(plugin.ParseOnReject), OnlyWhenSet: true,
				Doc: "What becomes of a record that the plugin refuses: reject fails its whole batch (the default), skip leaves it out, dlq sends it to jackdaw.dlq.topic."},
			Definition{Name: names[4], Type: String, Valid: "[retry, reject, pass]", Check: parses(plugin.ParseOnError), OnlyWhenSet: true,
				Doc: "What becomes of records on which the plugin itself fails: retry makes the client try again (the default), reject treats them as refused, pass appends them as they are."},
			Definition{Name: names[5], Type: String, Valid: "name@version or a digest", Check: parses(plugin.ParseRef), OnlyWhenSet: true,
				Doc: "Plugin that runs beside the bound one; only differences of their answers are counted."},
		)
	}
	return append(list, Definition{Name: DeadLetterTopic, Type: String, OnlyWhenSet: true,
		Doc: "Topic of the records that on.reject=dlq leaves out; the topic's name and .dlq when it is not set. It is created at need."})
}

// groupPluginDefinitions lists the configs that bind a plugin to a group.
func groupPluginDefinitions() []Definition {
	return []Definition{
		{Name: assignorName, Type: String, Valid: "name@version or a digest", Check: parses(plugin.ParseRef), OnlyWhenSet: true,
			Doc: "Plugin that assigns partitions to the members of a consumer group."},
		{Name: assignorConfig, Type: String, OnlyWhenSet: true,
			Doc: "Configuration that the plugin gets, JSON by convention."},
	}
}

// parses accepts what a parser accepts.
func parses[T any](parse func(string) (T, error)) func(string) error {
	return func(s string) error {
		_, err := parse(s)
		return err
	}
}
