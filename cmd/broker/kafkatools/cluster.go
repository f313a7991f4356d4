package kafkatools

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// clusterFlags are the options of one command of kafka-cluster.
func clusterFlags(command string) *flagSet {
	set := &flagSet{program: "kafka-cluster " + command, flags: []flag{
		{name: "bootstrap-server", label: "BOOTSTRAP_SERVER", required: true, help: "Brokers to ask first; -b for short."},
		{name: "bootstrap-controller", label: "BOOTSTRAP_CONTROLLER", help: "Not supported by this tool: brokers answer for the cluster; -C for short."},
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
	switch {
	case command == "-h" || command == "--help":
		std.printf("%s\nAsks a cluster for its id and its brokers, and removes brokers.\n\n", clusterUsage)
		std.printf("  cluster-id      print the id of the cluster\n  unregister      remove a broker\n  list-endpoints  list brokers and their addresses\n")
		return exitFailed
	case command == "":
		std.errorf("%skafka-cluster: error: too few arguments\n", clusterUsage)
		return exitFailed
	case set == nil:
		std.errorf("%skafka-cluster: error: invalid choice: '%s' (choose from 'cluster-id', 'unregister', 'list-endpoints')\n", clusterUsage, command)
		return exitFailed
	case len(args) == 1:
		return set.fail(std, set.complete(flags{}))
	}
	given, code, done := set.parse(longNames(args[1:]), std)
	if done {
		return code
	}
	if given.has("bootstrap-controller") {
		return set.fail(std, errors.New("this tool asks brokers: give --bootstrap-server in place of --bootstrap-controller"))
	}
	props, err := given.clientProperties("config", std)
	if err == nil {
		err = executeCluster(ctx, command, given, props, std)
	}
	if err != nil {
		std.errorf("java.util.concurrent.ExecutionException: %s\n", describeFailure(err))
		return exitFailed
	}
	return exitOK
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
	var response *kmsg.DescribeClusterResponse
	err = admin.call(ctx, "describeCluster", func(ctx context.Context) (err error) {
		if response, err = request.RequestWith(ctx, admin.kafka); err == nil {
			err = topicError(response.ErrorCode, response.ErrorMessage)
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case command == "cluster-id":
		std.printf("Cluster ID: %s\n", response.ClusterID)
	default:
		printEndpoints(response.Brokers, std)
	}
	return nil
}

func printEndpoints(brokers []kmsg.DescribeClusterResponseBroker, std Streams) {
	host, rack := 0, 10
	for _, b := range brokers {
		host, rack = max(host, len(b.Host)), max(rack, len(orNullText(b.Rack)))
	}
	std.printf("%-10s %-*s %-10s %-*s %-10s %-15s\n", "ID", host, "HOST", "PORT", rack, "RACK", "STATE", "ENDPOINT_TYPE")
	for _, b := range brokers {
		state := "unfenced"
		if b.IsFenced {
			state = "fenced"
		}
		std.printf("%-10d %-*s %-10d %-*s %-10s %-15s\n", b.NodeID, host, b.Host, b.Port, rack, orNullText(b.Rack), state, "broker")
	}
}

func unregisterBroker(ctx context.Context, admin *adminClient, id int32, std Streams) error {
	request := kmsg.NewPtrUnregisterBrokerRequest()
	request.BrokerID = id
	err := admin.call(ctx, "unregisterBroker", func(ctx context.Context) error {
		response, err := request.RequestWith(ctx, admin.kafka)
		if err != nil {
			return err
		}
		return topicError(response.ErrorCode, response.ErrorMessage)
	})
	if isUnsupported(err) {
		std.printf("The target cluster does not support the broker unregistration API.\n")
		return nil
	}
	if err == nil {
		std.printf("Broker %d is no longer registered.\n", id)
	}
	return err
}

// isUnsupported reports whether a broker does not serve an API at all. The Go client has no exported error for it.
func isUnsupported(err error) bool {
	return err != nil && (errors.Is(err, kerr.UnsupportedVersion) || strings.Contains(err.Error(), "broker is too old"))
}
