package kafkatools

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
)

func deleteRecordsOptions() optionSet {
	return optionSet{
		{name: "offset-json-file", argument: requiredArgument, label: "Offset json file path",
			help: "REQUIRED: a file like {\"partitions\": [{\"topic\": \"foo\", \"partition\": 1, \"offset\": 1}], \"version\":1}. " +
				"Records before the offset are deleted; -1 stands for the end."},
	}.withCommon()
}

// runDeleteRecords is kafka-delete-records (org.apache.kafka.tools.DeleteRecordsCommand). What the cluster refuses is printed per
// partition, and the exit code stays 0.
func runDeleteRecords(ctx context.Context, args []string, std Streams) int {
	set := deleteRecordsOptions()
	line, code, done := set.start(args, "Delete the records of partitions up to an offset.", "", std)
	if done {
		return code
	}
	err := firstError(line.required("bootstrap-server", "offset-json-file"), line.checkTypes())
	if err == nil {
		err = deleteRecords(ctx, line, std)
	}
	return std.end(set, err)
}

func deleteRecords(ctx context.Context, line *commandLine, std Streams) error {
	path := line.value("offset-json-file")
	raw, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("Unable to read file %s", path)
	}
	partitions, offsets, err := parseDeleteRecords(raw)
	if err != nil {
		return err
	}
	admin, err := line.openAdmin()
	if err != nil {
		return err
	}
	defer admin.Close()
	std.printf("Executing records delete operation\n")
	// A partition that does not exist fails alone, as it does in Java.
	var responses kadm.DeleteRecordsResponses
	if len(partitions) > 0 {
		err = admin.call(ctx, "deleteRecords", func(ctx context.Context) (err error) {
			responses, err = admin.DeleteRecords(ctx, offsets)
			return err
		})
	}
	std.printf("Records delete operation completed:\n")
	printDeletedRecords(partitions, responses, err, std)
	return nil
}

// printDeletedRecords tells of each partition where it begins now, or why it could not be cut. err is what ended the whole request.
func printDeletedRecords(partitions []topicPartition, responses kadm.DeleteRecordsResponses, err error, std Streams) {
	for _, p := range partitions {
		response, answered := responses.Lookup(p.topic, p.partition)
		switch {
		case !answered && err == nil:
			err = newBrokerError(kerr.UnknownTopicOrPartition, "")
			fallthrough
		case !answered:
			std.printf("partition: %s-%d\terror: %s\n", p.topic, p.partition, describeFailure(err))
		case response.Err != nil:
			std.printf("partition: %s-%d\terror: %s\n", p.topic, p.partition, javaString(newBrokerError(response.Err, "")))
		default:
			std.printf("partition: %s-%d\tlow_watermark: %d\n", p.topic, p.partition, response.LowWatermark)
		}
	}
}

// parseDeleteRecords reads the file of --offset-json-file. A missing version means 1.
func parseDeleteRecords(raw []byte) ([]topicPartition, kadm.Offsets, error) {
	var file map[string]json.RawMessage
	if json.Unmarshal(raw, &file) != nil {
		return nil, nil, errors.New("The input string is not a valid JSON")
	}
	if version, ok := file["version"]; ok && string(version) != "1" {
		return nil, nil, fmt.Errorf("Not supported version field value %s", version)
	}
	list, ok := file["partitions"]
	if !ok {
		return nil, nil, errors.New("Missing partitions field")
	}
	var entries []map[string]json.RawMessage
	if json.Unmarshal(list, &entries) != nil {
		return nil, nil, fmt.Errorf("Expected JSON array, received %s", bytes.TrimSpace(list))
	}
	var partitions []topicPartition
	offsets := kadm.Offsets{}
	for _, entry := range entries {
		var p topicPartition
		var offset int64
		if err := firstError(
			jsonField(entry, "topic", "String", &p.topic),
			jsonField(entry, "partition", "Integer", &p.partition),
			jsonField(entry, "offset", "Long", &offset),
		); err != nil {
			return nil, nil, err
		}
		if _, twice := offsets.Lookup(p.topic, p.partition); twice {
			return nil, nil, fmt.Errorf("Offset json file contains duplicate topic partitions: %s-%d", p.topic, p.partition)
		}
		partitions = append(partitions, p)
		offsets.AddOffset(p.topic, p.partition, offset, -1)
	}
	return partitions, offsets, nil
}

// jsonField reads a field of an object, with the words of Kafka's decoder for what is wrong.
func jsonField(object map[string]json.RawMessage, name, kind string, into any) error {
	raw, ok := object[name]
	if !ok {
		return fmt.Errorf("No such field exists: `%s`", name)
	}
	if json.Unmarshal(raw, into) != nil {
		return fmt.Errorf("Expected `%s` value, received %s", kind, raw)
	}
	return nil
}
