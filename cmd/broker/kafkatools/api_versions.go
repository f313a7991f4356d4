package kafkatools

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func runBrokerAPIVersions(ctx context.Context, args []string, std Streams) int {
	set := optionSet{}.withCommon()
	line, err := set.parse(args)
	if err != nil {
		std.errorf("%v\n", err)
		return exitFailed
	}
	const about = "Show the API versions that each broker serves."
	if len(args) == 0 {
		return std.misuse(set, about)
	}
	if code, done := std.helpOrVersion(line, about); done {
		return code
	}
	err = firstError(line.required("bootstrap-server"), line.checkTypes())
	if misuse, ok := errors.AsType[usageError](err); ok {
		return std.misuse(set, misuse.Error())
	}
	if err == nil {
		err = printAPIVersions(ctx, line, std)
	}
	if err != nil {
		std.errorf("%s\n", javaString(err))
		return exitFailed
	}
	return exitOK
}

// printAPIVersions asks each broker. A cluster that can't be reached fails at once: Java's tool does not wait for it either.
func printAPIVersions(ctx context.Context, line *commandLine, std Streams) error {
	props, err := line.clientFiles()
	if err != nil {
		return err
	}
	admin, err := newAdminClient(props, 0)
	if err != nil {
		return err
	}
	defer admin.Close()
	metadata, err := admin.BrokerMetadata(ctx)
	if err != nil {
		return fmt.Errorf("Request METADATA failed on brokers [%s (id: -1 rack: null isFenced: false)]: %w", line.value("bootstrap-server"), err)
	}
	for _, broker := range metadata.Brokers {
		rack := "null"
		if broker.Rack != nil {
			rack = *broker.Rack
		}
		name := fmt.Sprintf("%s:%d (id: %d rack: %s isFenced: false)", broker.Host, broker.Port, broker.NodeID, rack)
		versions, err := askVersions(ctx, admin, broker)
		if err != nil {
			std.printf("%s -> ERROR: %s\n", name, javaString(err))
			continue
		}
		std.printf("%s -> (\n", name)
		rows := versionRows(versions)
		for i, row := range rows {
			comma := ","
			if i == len(rows)-1 {
				comma = ""
			}
			std.printf("\t%s%s\n", row, comma)
		}
		std.printf(")\n")
	}
	return nil
}

func askVersions(ctx context.Context, admin *adminClient, broker kadm.BrokerDetail) (map[int16]kmsg.ApiVersionsResponseApiKey, error) {
	request := kmsg.NewPtrApiVersionsRequest()
	request.ClientSoftwareName, request.ClientSoftwareVersion = "jackdaw", KafkaVersion
	response, err := request.RequestWith(ctx, admin.kafka.Broker(int(broker.NodeID)))
	if err == nil {
		err = kerr.ErrorForCode(response.ErrorCode)
	}
	if err != nil {
		return nil, err
	}
	served := map[int16]kmsg.ApiVersionsResponseApiKey{}
	for _, key := range response.ApiKeys {
		served[key.ApiKey] = key
	}
	return served, nil
}

// versionRows is a row per API that clients of Kafka 4.3 know, in order of the key; one that the broker does not serve is
// UNSUPPORTED. APIs that only the broker knows come last.
func versionRows(served map[int16]kmsg.ApiVersionsResponseApiKey) []string {
	var rows []string
	known := clientAPIs()
	for _, api := range known {
		key, ok := served[api.key]
		if !ok {
			rows = append(rows, fmt.Sprintf("%s(%d): UNSUPPORTED", api.name, api.key))
			continue
		}
		delete(served, api.key)
		rows = append(rows, api.row(key))
	}
	var unknown []int16
	for key := range served {
		unknown = append(unknown, key)
	}
	slices.Sort(unknown)
	for _, key := range unknown {
		s := served[key]
		rows = append(rows, fmt.Sprintf("UNKNOWN(%d): %s", key, versionRange(s.MinVersion, s.MaxVersion)))
	}
	return rows
}

func versionRange(low, high int16) string {
	if low == high {
		return fmt.Sprint(low)
	}
	return fmt.Sprintf("%d to %d", low, high)
}

// clientAPI is an API that Kafka's clients know, and the newest version they use.
type clientAPI struct {
	key    int16
	name   string
	newest int16
}

func (a clientAPI) row(served kmsg.ApiVersionsResponseApiKey) string {
	if usable := min(a.newest, served.MaxVersion); usable >= served.MinVersion {
		return fmt.Sprintf("%s(%d): %s [usable: %d]", a.name, a.key, versionRange(served.MinVersion, served.MaxVersion), usable)
	}
	return fmt.Sprintf("%s(%d): %s [unusable: node too new]", a.name, a.key, versionRange(served.MinVersion, served.MaxVersion))
}

// clientAPIs is derived from the API names of the protocol library, minus the requests that only brokers and controllers
// send each other.
func clientAPIs() []clientAPI {
	internal := []int16{4, 5, 6, 7, 52, 53, 54, 56, 58, 59, 62, 63, 67, 70, 73, 82}
	var apis []clientAPI
	for key := range int16(kmsg.MaxKey + 1) {
		request := kmsg.RequestForKey(key)
		if request == nil || slices.Contains(internal, key) || key > 92 {
			continue
		}
		apis = append(apis, clientAPI{key, APIName(key), request.MaxVersion()})
	}
	return apis
}

// APIName returns Kafka's own name of an API, such as SaslHandshake; the protocol library's differs for a few. A key that the
// library does not know is "Unknown".
func APIName(key int16) string {
	name := kmsg.NameForKey(key)
	switch name {
	case "InitProducerID":
		return "InitProducerId"
	case "LeaderAndISR":
		return "LeaderAndIsr"
	case "AllocateProducerIDs":
		return "AllocateProducerIds"
	case "SASLHandshake":
		return "SaslHandshake"
	case "SASLAuthenticate":
		return "SaslAuthenticate"
	case "DescribeACLs", "CreateACLs", "DeleteACLs":
		return name[:len(name)-4] + "Acls"
	case "DescribeUserSCRAMCredentials":
		return "DescribeUserScramCredentials"
	case "AlterUserSCRAMCredentials":
		return "AlterUserScramCredentials"
	case "AlterPartitionAssignments":
		return "AlterPartitionReassignments"
	}
	return name
}
