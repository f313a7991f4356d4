package kafkatools_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackdawmq/jackdaw/cmd/broker/kafkatools"
)

// The expected words and exit codes are those of Apache Kafka 4.3.1's Java tools.
func TestMisuse(t *testing.T) {
	const b = "--bootstrap-server 127.0.0.1:1 "
	type stream int
	const (
		stderr stream = iota
		stdout
	)
	for _, c := range []struct {
		command string
		exit    int
		where   stream
		want    string // the first line of the stream
	}{
		{"kafka-topics", 1, stderr, "Create, delete, describe, or change a topic."},
		{"kafka-topics --version", 0, stdout, "4.3.1"},
		{"kafka-topics --bootstrap 127.0.0.1:1 --list", 1, stderr, "bootstrap is not a recognized option"},
		{"kafka-topics " + b + "--list --topic", 1, stderr, "Option topic requires an argument"},
		{"kafka-topics " + b + "--create --topic x --partitions abc", 1, stdout, "Error while executing topic command : Cannot parse argument 'abc' of option partitions"},
		{"kafka-topics " + b + "--create --topic x --partitions 99999999999", 1, stdout, "Error while executing topic command : Cannot parse argument '99999999999' of option partitions"},
		{"kafka-topics " + b + "--create --topic x --topic y", 1, stdout, "Error while executing topic command : Found multiple arguments for option topic, but you asked for only one"},
		{"kafka-topics " + b + "--create --topic x --replica-assignment 1 --partitions 3", 1, stderr, `Option "[replica-assignment]" can't be used with option "[partitions]"`},
		{"kafka-topics " + b + "--alter --topic x --partitions 3 --config a=b", 1, stderr, `Option combination "[[bootstrap-server], [config]]" can't be used with option "[alter]" (To alter topic configurations, the kafka-configs tool can be used.)`},
		{"kafka-topics " + b + "--create --topic x --if-exists", 1, stderr, `Option "[if-exists]" can't be used with option "[create]"`},
		{"kafka-topics " + b + "--describe --if-exists", 1, stderr, "--topic or --topic-id is required to describe a topic"},
		{"kafka-topics " + b + "--create --topic x --config a", 1, stdout, `Error while executing topic command : requirement failed: Invalid topic config: all configs to be added must be in the format "key=val".`},
		{"kafka-topics " + b + "--create --topic x --replica-assignment 1:1", 1, stdout, "Error while executing topic command : Partition replica lists may not contain duplicate entries: 1"},
		{"kafka-topics " + b + "--describe --under-replicated-partitions --topics-with-overrides", 1, stderr, `Option "[under-replicated-partitions]" can't be used with option "[topics-with-overrides]"`},
		{"kafka-topics --command-config /does/not/exist " + b + "--list", 1, stderr, "open /does/not/exist: no such file or directory"},
		{"kafka-topics --bootstrap-server foo --list", 1, stderr, "Failed to create new KafkaAdminClient"},
		{"kafka-topics --help", 1, stderr, "Create, delete, describe or change topics."},

		{"kafka-consumer-groups " + b + "--describe", 1, stderr, "Option [describe] takes one of these options: [all-groups], [group]"},
		{"kafka-consumer-groups " + b + "--frob", 1, stderr, "frob is not a recognized option"},
		{"kafka-consumer-groups " + b + "--list --members", 1, stderr, "Option(s) [members] are unavailable given other options on the command line"},
		{"kafka-consumer-groups " + b + "--describe --group a --members --offsets", 1, stderr, "Option [describe] takes at most one of these options: [members], [offsets], [state]"},
		{"kafka-consumer-groups " + b + "--describe --group a --state Stable", 1, stderr, "Option [describe] does not take a value for [state]"},
		{"kafka-consumer-groups " + b + "--reset-offsets --group a --to-latest --to-earliest --dry-run", 1, stderr, `Option "[to-earliest]" can't be used with option "[to-latest]"`},
		{"kafka-consumer-groups " + b + "--reset-offsets --all-topics --to-latest --dry-run", 1, stderr, "Option [reset-offsets] takes one of these options: [all-groups], [group]"},
		{"kafka-consumer-groups " + b + "--reset-offsets --group a --topic x --to-earliest --dry-run --execute", 1, stderr, "Option [reset-offsets] only accepts one of [execute] and [dry-run]"},
		{"kafka-consumer-groups " + b + "--delete", 1, stderr, "Option [delete] takes one of these options: [all-groups], [group]"},
		{"kafka-consumer-groups " + b + "--delete-offsets --group g", 1, stderr, "Option [delete-offsets] takes the following options: [topic], [group]"},
		{"kafka-consumer-groups " + b + "--list --type foo", 1, stderr, "Invalid types list 'foo'. Valid types are: Consumer, Classic"},
		{"kafka-consumer-groups --validate-regex a.*", 0, stdout, "The regular expression `a.*` is valid."},
		{"kafka-consumer-groups --validate-regex a((", 0, stdout, "The regular expression `a((` is invalid: missing closing )."},

		{"kafka-console-producer " + b + "--topic t --frob", 1, stderr, "frob is not a recognized option"},
		{"kafka-console-producer --topic t", 1, stderr, "Error while validating the bootstrap address"},
		{"kafka-console-producer --bootstrap-server foo --topic t", 1, stderr, "Please provide valid host:port like host1:9091,host2:9092"},
		{"kafka-console-producer " + b + "--topic t --compression-codec foo", 1, stderr, "Invalid value foo for configuration compression.type: String must be one of: none, gzip, snappy, lz4, zstd"},
		{"kafka-console-producer " + b + "--topic t --line-reader foo.Bar", 1, stderr, "java.lang.ClassNotFoundException: foo.Bar (without Java, only LineMessageReader can read lines)"},
		{"kafka-console-producer " + b + "--topic t --command-property a=b --producer-property c=d", 1, stderr, "Options --command-property and --producer-property cannot be specified together."},

		{"kafka-console-consumer " + b + "--topic t --include x", 1, stderr, "Exactly one of the following arguments is required: [topic], [include]"},
		{"kafka-console-consumer " + b + "--topic t --partition 0 --from-beginning --offset 3", 1, stderr, "Options from-beginning and offset cannot be specified together."},
		{"kafka-console-consumer " + b + "--topic t --partition 0 --offset foo", 1, stderr, "The provided offset value 'foo' is incorrect. Valid values are 'earliest', 'latest', or a non-negative long."},
		{"kafka-console-consumer " + b + "--topic t --partition 0 --group g", 1, stderr, "Options group and partition cannot be specified together."},
		{"kafka-console-consumer " + b + "--topic t --formatter foo.Bar", 1, stderr, "foo.Bar"},
		{"kafka-console-consumer " + b + "--topic t --isolation-level foo", 1, stderr, "ERROR Unknown error when running consumer:"},
		{"kafka-console-consumer " + b + "--topic t --group g --command-property group.id=h", 1, stderr, "The group ids provided in different places (directly using '--group', via '--consumer-property', or via '--consumer.config') do not match. Detected group ids: 'g', 'h'"},
		{"kafka-console-consumer --topic t", 1, stderr, `Missing required argument "[bootstrap-server]"`},
		{"kafka-console-consumer " + b + "--topic t --consumer-property client.id=x --formatter foo", 1, stdout, "Option --consumer-property is deprecated and will be removed in a future version. Use --command-property instead."},

		{"kafka-verifiable-producer", 0, stdout, "usage: verifiable-producer [-h] --topic TOPIC [--max-messages MAX-MESSAGES]"},
		{"kafka-verifiable-producer --help", 1, stdout, "usage: verifiable-producer [-h] --topic TOPIC [--max-messages MAX-MESSAGES]"},
		{"kafka-verifiable-producer --frob", 1, stderr, "usage: verifiable-producer [-h] --topic TOPIC [--max-messages MAX-MESSAGES]"},

		{"kafka-broker-api-versions", 1, stderr, "Show the API versions that each broker serves."},
		{"kafka-broker-api-versions --frob", 1, stderr, "frob is not a recognized option"},
		{"kafka-nonsense", 2, stderr, "kafka-nonsense is not one of the Kafka tools in this binary: " + fmt.Sprint(kafkatools.Names())},
	} {
		t.Run(c.command, func(t *testing.T) {
			got := run(t.Context(), strings.Fields(c.command), "")
			text := got.Stderr
			if c.where == stdout {
				text = got.Stdout
			}
			first, _, _ := strings.Cut(text, "\n")
			if got.Exit != c.exit || first != c.want {
				t.Errorf("exit %d, %q; want exit %d, %q\nstdout %s\nstderr %s", got.Exit, first, c.exit, c.want, got.Stdout, got.Stderr)
			}
		})
	}
}

// Errors of the tools that follow argparse4j end with a line after the usage.
func TestMisuseOfFlags(t *testing.T) {
	for command, want := range map[string]string{
		"kafka-cluster cluster-id":                                                       "kafka-cluster: error: one of the arguments --bootstrap-server/-b --bootstrap-controller/-C is required",
		"kafka-cluster cluster-id -b h:1 -C h:2":                                         "kafka-cluster: error: argument --bootstrap-server/-b: not allowed with argument --bootstrap-controller/-C",
		"kafka-cluster unregister -b h:1":                                                "kafka-cluster: error: argument --id is required",
		"kafka-verifiable-producer --frob":                                               "verifiable-producer: error: unrecognized arguments: '--frob'",
		"kafka-verifiable-producer --topic t":                                            "verifiable-producer: error: one of the arguments --bootstrap-server is required",
		"kafka-verifiable-producer --bootstrap-server h:1":                               "verifiable-producer: error: argument --topic is required",
		"kafka-verifiable-producer --boot h:1 --topic t --acks 7":                        "verifiable-producer: error: argument --acks: invalid choice: '7' (choose from {0,1,-1})",
		"kafka-verifiable-producer --bootstrap-server h:1 --topic t --max-messages=x":    `verifiable-producer: error: argument --max-messages: could not convert 'x' to Integer (For input string: "x")`,
		"kafka-verifiable-producer --bootstrap-server h:1 --topic":                       "verifiable-producer: error: argument --topic: expected one argument",
		"kafka-verifiable-producer --bootstrap-server h:1 --topic t extra":               "verifiable-producer: error: unrecognized arguments: 'extra'",
		"kafka-verifiable-consumer --bootstrap-server h:1 --topic t":                     "verifiable-consumer: error: argument --group-id is required",
		"kafka-verifiable-consumer --group h:1 --topic t":                                "verifiable-consumer: error: ambiguous option: --group could match --group-protocol, --group-remote-assignor, --group-id, --group-instance-id",
		"kafka-verifiable-consumer --bootstrap-server h:1 --topic t --group-id g --max-": "verifiable-consumer: error: argument --max-messages: expected one argument",
	} {
		got := run(t.Context(), strings.Fields(command), "")
		lines := strings.Split(strings.TrimSpace(got.Stderr), "\n")
		if last := lines[len(lines)-1]; got.Exit != 1 || last != want {
			t.Errorf("%s: exit %d, %q; want exit 1, %q", command, got.Exit, last, want)
		}
	}
}

// Help must name every option of Kafka's tool.
func TestHelpNamesAllOptions(t *testing.T) {
	for tool, options := range map[string]string{
		"kafka-topics":              "alter at-min-isr-partitions bootstrap-server command-config config create delete delete-config describe exclude-internal help if-exists if-not-exists list partition-size-limit-per-response partitions replica-assignment replication-factor topic topic-id topics-with-overrides unavailable-partitions under-min-isr-partitions under-replicated-partitions version",
		"kafka-console-producer":    "batch-size bootstrap-server command-config command-property compression-codec help line-reader max-block-ms max-memory-bytes max-partition-memory-bytes message-send-max-retries metadata-expiry-ms producer-property producer.config property reader-config reader-property request-required-acks request-timeout-ms retry-backoff-ms socket-buffer-size sync timeout topic version",
		"kafka-console-consumer":    "bootstrap-server command-config command-property consumer-property consumer.config enable-systest-events formatter formatter-config formatter-property from-beginning group help include isolation-level key-deserializer max-messages offset partition property skip-message-on-error timeout-ms topic value-deserializer version",
		"kafka-consumer-groups":     "all-groups all-topics bootstrap-server by-duration command-config delete delete-offsets describe dry-run execute export from-file group help list members offsets reset-offsets shift-by state timeout to-current to-datetime to-earliest to-latest to-offset topic type validate-regex verbose version",
		"kafka-broker-api-versions": "bootstrap-server command-config help version",
		"kafka-verifiable-producer": "acks bootstrap-server command-config help max-messages message-create-time producer.config repeating-keys throughput topic value-prefix",
		"kafka-verifiable-consumer": "assignment-strategy bootstrap-server command-config consumer.config enable-autocommit group-id group-instance-id group-protocol group-remote-assignor help max-messages reset-policy session-timeout topic verbose",
	} {
		got := run(t.Context(), []string{tool, "--help"}, "")
		for option := range strings.FieldsSeq(options) {
			if !strings.Contains(got.Stdout+got.Stderr, "--"+option) {
				t.Errorf("%s --help does not name --%s", tool, option)
			}
		}
	}
}

// Each of these prints its message on standard error and ends with 1.
func TestMisuseOfAdminTools(t *testing.T) {
	const b = "--bootstrap-server 127.0.0.1:1 "
	for _, c := range []struct{ command, want string }{
		{"kafka-configs " + b + "--alter --topic t", "At least one of --add-config, --add-config-file, or --delete-config must be specified with --alter"},
		{"kafka-configs " + b + "--describe --alter --topic t", "Command must include exactly one action: --describe, --alter"},
		{"kafka-configs --describe --topic t", "Either --bootstrap-server or --bootstrap-controller must be specified."},
		{"kafka-configs " + b + "--bootstrap-controller h:1 --describe --topic t", "Only one of --bootstrap-server or --bootstrap-controller can be specified"},
		{"kafka-cluster list-endpoints -C h:1 --include-fenced-brokers", "The option --include-fenced-brokers is only supported with --bootstrap-server option"},
		{"kafka-configs " + b + "--describe --topic t --entity-type topics", "Duplicate entity type(s) specified: topics"},
		{"kafka-configs " + b + "--describe --topic t --user a", "Only 'users' and 'clients' entity types may be specified together"},
		{"kafka-configs " + b + "--describe --broker x", "The entity name for brokers must be a valid integer broker id, but it is: x"},
		{"kafka-configs " + b + "--describe --topic t --add-config a=b", "Option \"[describe]\" can't be used with option \"[add-config]\""},
		{"kafka-configs " + b + "--alter --topic t --add-config a", "requirement failed: Invalid entity config: all configs to be added must be in the format \"key=val\" or  \"key=[val1,val2]\" to group values which contain commas."},
		{"kafka-configs " + b + "--alter --user u --delete-config foo", "Only quota and SCRAM credential configs can be deleted for 'users' using --bootstrap-server. Unexpected config names: ArrayBuffer(foo)"},
		{"kafka-configs " + b + "--alter --user u --add-config SCRAM-SHA-512=[iterations=1,password=p]", "Iterations 1 is less than the minimum 4096 required for SCRAM-SHA-512"},
		{"kafka-get-offsets " + b + "--topic t --topic-partitions t:0", "Error occurred: --topic-partitions cannot be used with --topic or --partitions"},
		{"kafka-get-offsets " + b + "--topic t --partitions a", "Error occurred: --partitions expects a comma separated list of numeric partition ids, but received: a"},
		{"kafka-get-offsets " + b + "--topic-partitions t:1:2", "Error occurred: org.apache.kafka.tools.TerseException: Invalid rule specification: t:1:2"},
		{"kafka-get-offsets --bootstrap-server foo", "Please provide valid host:port like host1:9091,host2:9092"},
		{"kafka-delete-records " + b + "--offset-json-file nofile", "Unable to read file nofile"},
		{"kafka-delete-records " + b, `Missing required argument "[offset-json-file]"`},
		{"kafka-log-dirs " + b, `Missing required argument "[describe]"`},
		{"kafka-dump-log --files a.log --frob", `Exception in thread "main" joptsimple.OptionException: frob is not a recognized option`},
		{"kafka-cluster foo", "usage: kafka-cluster [-h] {cluster-id,unregister,list-endpoints} ..."},
		{"kafka-groups --list", "Missing required option(s) [bootstrap-server]"},
		{"kafka-groups " + b + "--list --consumer --share", `Option "[consumer]" can't be used with option "[share]"`},
	} {
		t.Run(c.command, func(t *testing.T) {
			got := run(t.Context(), strings.Fields(c.command), "")
			if first, _, _ := strings.Cut(got.Stderr, "\n"); got.Exit != 1 || first != c.want {
				t.Errorf("exit %d, %q; want %q", got.Exit, first, c.want)
			}
		})
	}
}
