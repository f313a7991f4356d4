package kafkatools

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// clusterFlags are the options of one command of kafka-cluster.
func clusterFlags(command string) *flagSet {
	set := &flagSet{program: "kafka-cluster " + command, flags: []flag{
		{name: "bootstrap-server", label: "BOOTSTRAP_SERVER", help: "Brokers to ask first; -b for short."},
		{name: "bootstrap-controller", label: "BOOTSTRAP_CONTROLLER", help: "Controllers to ask in place of brokers; -C for short."},
		{name: "config", label: "CONFIG", help: "Old name of --command-config."},
		{name: "command-config", label: "COMMAND_CONFIG", help: "A file of Java client properties; -c for short."},
	}}
	switch command {
	case "cluster-id":
		set.description = "Prints the id of the cluster."
	case "unregister":
		set.description = "Removes a broker that is gone from the cluster."
		set.flags = append(set.flags, flag{name: "id", label: "ID", kind: integer, required: true, help: "The id of the broker; -i for short."})
	case "list-endpoints":
		set.description = "Lists the brokers of the cluster and their addresses."
		set.flags = append(set.flags, flag{name: "include-fenced-brokers", help: "List fenced brokers too."})
	default:
		return nil
	}
	return set
}

const clusterUsage = "usage: kafka-cluster [-h] {cluster-id,unregister,list-endpoints} ...\n"

// runCluster is kafka-cluster (org.apache.kafka.tools.ClusterTool).
func runCluster(ctx context.Context, args []string, std Streams) int {
	command := ""
	if len(args) > 0 {
		command = args[0]
	}
	set := clusterFlags(command)
	if code, done := clusterHelp(command, set == nil, std); done {
		return code
	}
	if len(args) == 1 {
		return set.fail(std, checkClusterBootstrap(flags{}))
	}
	given, code, done := set.parse(longNames(args[1:]), std)
	if done {
		return code
	}
	if err := checkClusterBootstrap(given); err != nil {
		return set.fail(std, err)
	}
	if given.has("include-fenced-brokers") && given.has("bootstrap-controller") {
		std.errorf("The option --include-fenced-brokers is only supported with --bootstrap-server option\n")
		return exitFailed
	}
	props, err := given.clientProperties("config", std)
	if err == nil {
		err = executeCluster(ctx, command, given, props, std)
	}
	if err != nil {
		std.errorf("%s\njava.util.concurrent.ExecutionException: %[1]s\n", describeFailure(err)) // getMessage, then the trace
		return exitFailed
	}
	return exitOK
}

// clusterHelp answers a call without a command that there is. done says that nothing is left to do.
func clusterHelp(command string, unknown bool, std Streams) (code int, done bool) {
	switch {
	case command == "-h" || command == "--help":
		std.printf("%s\nAsks a cluster for its id and its brokers, and removes brokers.\n\n", clusterUsage)
		std.printf("  cluster-id      print the id of the cluster\n  unregister      remove a broker\n  list-endpoints  list brokers and their addresses\n")
	case command == "":
		std.errorf("%skafka-cluster: error: too few arguments\n", clusterUsage)
	case unknown:
		std.errorf("%skafka-cluster: error: invalid choice: '%s' (choose from 'cluster-id', 'unregister', 'list-endpoints')\n", clusterUsage, command)
	default:
		return exitOK, false
	}
	return exitFailed, true
}

func checkClusterBootstrap(given flags) error {
	switch {
	case given.has("bootstrap-server") && given.has("bootstrap-controller"):
		return errors.New("argument --bootstrap-server/-b: not allowed with argument --bootstrap-controller/-C")
	case !given.has("bootstrap-server") && !given.has("bootstrap-controller"):
		return errors.New("one of the arguments --bootstrap-server/-b --bootstrap-controller/-C is required")
	}
	return nil
}

// longNames replaces the short names of options.
func longNames(args []string) []string {
	long := map[string]string{"-b": "--bootstrap-server", "-C": "--bootstrap-controller", "-c": "--command-config", "-i": "--id"}
	args = slices.Clone(args)
	for i, word := range args {
		if name, ok := long[word]; ok {
			args[i] = name
		}
	}
	return args
}

func executeCluster(ctx context.Context, command string, given flags, props Properties, std Streams) error {
	admin, err := newAdminClient(props, 0)
	if err != nil {
		return err
	}
	defer admin.Close()
	if command == "unregister" {
		return unregisterBroker(ctx, admin, int32(given.number("id")), std)
	}
	request := kmsg.NewPtrDescribeClusterRequest()
	request.EndpointType, request.IncludeFencedBrokers = 1, given.has("include-fenced-brokers")
	if admin.controllers != nil {
		request.EndpointType = 2
	}
	var response *kmsg.DescribeClusterResponse
	err = admin.call(ctx, "listNodes", func(ctx context.Context) error {
		if response, err = ask(ctx, admin, anyNode, request); err != nil {
			return err
		}
		return topicError(response.ErrorCode, response.ErrorMessage)
	})
	switch {
	case err != nil:
		return err
	case command == "cluster-id":
		std.printf("Cluster ID: %s\n", response.ClusterID)
	default:
		printEndpoints(response.Brokers, admin.controllers != nil, std)
	}
	return nil
}

// printEndpoints prints a table of brokers, or of controllers, which are never fenced.
func printEndpoints(brokers []kmsg.DescribeClusterResponseBroker, controllers bool, std Streams) {
	host, rack := 0, 10
	for _, b := range brokers {
		host, rack = max(host, len(b.Host)), max(rack, len(orNullText(b.Rack)))
	}
	row := func(id, hostName, port, rackName, state, kind string) {
		std.printf("%-10s %-*s %-10s %-*s ", id, host, hostName, port, rack, rackName)
		if !controllers {
			std.printf("%-10s ", state)
		}
		std.printf("%-15s\n", kind)
	}
	row("ID", "HOST", "PORT", "RACK", "STATE", "ENDPOINT_TYPE")
	for _, b := range brokers {
		state, kind := "unfenced", "broker"
		if b.IsFenced {
			state = "fenced"
		}
		if controllers {
			kind = "controller"
		}
		row(strconv.Itoa(int(b.NodeID)), b.Host, strconv.Itoa(int(b.Port)), orNullText(b.Rack), state, kind)
	}
}

func unregisterBroker(ctx context.Context, admin *adminClient, id int32, std Streams) error {
	request := kmsg.NewPtrUnregisterBrokerRequest()
	request.BrokerID = id
	err := admin.call(ctx, "unregisterBroker", func(ctx context.Context) error {
		response, err := ask(ctx, admin, anyNode, request)
		if err != nil {
			return err
		}
		return topicError(response.ErrorCode, response.ErrorMessage)
	})
	if errors.Is(err, kerr.UnsupportedVersion) {
		std.printf("The target cluster does not support the broker unregistration API.\n")
		return nil
	}
	if err == nil {
		std.printf("Broker %d is no longer registered.\n", id)
	}
	return err
}
