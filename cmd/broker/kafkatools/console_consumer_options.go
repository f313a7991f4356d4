package kafkatools

func consoleConsumerOptions() optionSet {
	return optionSet{
		{name: "topic", argument: requiredArgument, label: "topic", help: "The topic to read."},
		{name: "include", argument: requiredArgument, label: "regex", help: "A regular expression (RE2 syntax) for the topics to read."},
		{name: "partition", argument: requiredArgument, kind: integer, label: "partition",
			help: "Read this partition alone, without a group; from its end unless --offset says otherwise."},
		{name: "offset", argument: requiredArgument, label: "consume offset", fallback: "latest",
			help: "With --partition: an offset, earliest or latest."},
		{name: "consumer-property", argument: requiredArgument, label: "consumer_prop", many: true, help: "Old name of --command-property."},
		{name: "command-property", argument: requiredArgument, label: "consumer_prop", many: true, help: "key=value of a Java consumer property."},
		{name: "consumer.config", argument: requiredArgument, label: "config file", help: "Old name of --command-config."},
		{name: "formatter", argument: requiredArgument, label: "class", fallback: defaultFormatter,
			help: "How to print records. Known are Kafka's DefaultMessageFormatter, NoOpMessageFormatter, OffsetsMessageFormatter, " +
				"GroupMetadataMessageFormatter and TransactionLogMessageFormatter."},
		{name: "property", argument: requiredArgument, label: "prop", many: true, help: "Old name of --formatter-property."},
		{name: "formatter-property", argument: requiredArgument, label: "prop", many: true,
			help: "key=value for the formatter: print.timestamp, print.key, print.offset, print.epoch, print.partition, print.delivery, " +
				"print.headers, print.value, key.separator, line.separator, headers.separator, null.literal, key.deserializer, " +
				"value.deserializer, headers.deserializer."},
		{name: "formatter-config", argument: requiredArgument, label: "config file", help: "A file of formatter properties."},
		{name: "from-beginning", help: "Start at the oldest record where the group has no offset yet."},
		{name: "max-messages", argument: requiredArgument, kind: integer, label: "num_messages", help: "End after so many records."},
		{name: "timeout-ms", argument: requiredArgument, kind: long, label: "timeout_ms", help: "End when no record came for so long."},
		{name: "skip-message-on-error", help: "Go on after a record that can't be printed."},
		{name: "key-deserializer", argument: requiredArgument, label: "deserializer for keys", help: "One of Kafka's own deserializers."},
		{name: "value-deserializer", argument: requiredArgument, label: "deserializer for values", help: "One of Kafka's own deserializers."},
		{name: "enable-systest-events", help: "Print when the consumer has shut down."},
		{name: "isolation-level", argument: requiredArgument, fallback: "read_uncommitted", help: "read_committed or read_uncommitted."},
		{name: "group", argument: requiredArgument, label: "consumer group id", help: "The group to join; one of its own when absent."},
	}.withCommon()
}

func checkConsoleConsumerArgs(line *commandLine, std Streams) error {
	switch {
	case len(line.anyOf("topic", "include")) != 1:
		return usagef("Exactly one of the following arguments is required: [topic], [include]")
	case line.has("partition") && !line.has("topic"):
		return usagef("The topic is required when partition is specified.")
	case line.has("partition") && line.has("from-beginning") && line.has("offset"):
		return usagef("Options from-beginning and offset cannot be specified together.")
	case !line.has("partition") && line.has("offset"):
		return usagef("The partition is required when offset is specified.")
	}
	const warning = "Option --%s is deprecated and will be removed in a future version. Use --%s instead.\n"
	return firstError(
		line.required("bootstrap-server"),
		line.rename("consumer-property", "command-property", std, warning),
		line.rename("consumer.config", "command-config", std, warning),
		line.rename("property", "formatter-property", std, warning),
	)
}
