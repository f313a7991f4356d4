package kafkatools

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
)

func logDirsOptions() optionSet {
	return optionSet{
		{name: "describe", help: "Describe the log directories of brokers."},
		{name: "topic-list", argument: requiredArgument, label: "Topic list", help: "Only these topics, separated by commas; all when absent."},
		{name: "broker-list", argument: requiredArgument, label: "Broker list", help: "Only these brokers, separated by commas; all when absent."},
	}.withCommon()
}

// What kafka-log-dirs prints, in Kafka's order of fields.
type (
	logDirsReport struct {
		Brokers []logDirsBroker `json:"brokers"`
		Version int             `json:"version"`
	}
	logDirsBroker struct {
		Broker  int32    `json:"broker"`
		LogDirs []logDir `json:"logDirs"`
	}
	logDir struct {
		Partitions []logDirPartition `json:"partitions"`
		Error      *string           `json:"error"`
		LogDir     string            `json:"logDir"`
	}
	logDirPartition struct {
		Partition string `json:"partition"`
		Size      int64  `json:"size"`
		OffsetLag int64  `json:"offsetLag"`
		IsFuture  bool   `json:"isFuture"`
	}
)

// runLogDirs is kafka-log-dirs (org.apache.kafka.tools.LogDirsCommand).
func runLogDirs(ctx context.Context, args []string, std Streams) int {
	set := logDirsOptions()
	line, code, done := set.start(args, "Show how log directories are used.", "", std)
	if done {
		return code
	}
	err := firstError(line.required("bootstrap-server", "describe"), line.checkTypes())
	if err == nil {
		err = describeLogDirs(ctx, line, std)
	}
	return std.end(set, err)
}

func describeLogDirs(ctx context.Context, line *commandLine, std Streams) error {
	admin, err := line.openAdmin()
	if err != nil {
		return err
	}
	defer admin.Close()
	brokers, err := admin.chosenBrokers(ctx, line.value("broker-list"))
	if err != nil {
		return err
	}
	var topics []string
	if list := line.value("topic-list"); list != "" {
		topics = strings.Split(list, ",")
	}
	std.printf("Querying brokers for log directories information\n")
	report := logDirsReport{Version: 1, Brokers: []logDirsBroker{}}
	for _, broker := range brokers {
		var described kadm.DescribedLogDirs
		err := admin.call(ctx, "describeLogDirs", func(ctx context.Context) (err error) {
			described, err = admin.DescribeBrokerLogDirs(ctx, broker, nil)
			return err
		})
		if err != nil {
			return err
		}
		report.Brokers = append(report.Brokers, logDirsBroker{broker, reportLogDirs(described, topics)})
	}
	encoded, err := marshalJSON(report)
	if err != nil {
		return err
	}
	std.printf("Received log directory information from brokers %s\n%s\n", joinNumbers(brokers), encoded)
	return nil
}

func reportLogDirs(described kadm.DescribedLogDirs, topics []string) []logDir {
	dirs := []logDir{}
	for _, d := range described.Sorted() {
		dir := logDir{LogDir: d.Dir, Partitions: []logDirPartition{}}
		if d.Err != nil {
			name := javaException(kafkaCode(d.Err))
			dir.Error = &name
		}
		for _, p := range d.Topics.Sorted() {
			if len(topics) == 0 || slices.Contains(topics, p.Topic) {
				dir.Partitions = append(dir.Partitions, logDirPartition{fmt.Sprintf("%s-%d", p.Topic, p.Partition), p.Size, p.OffsetLag, p.IsFuture})
			}
		}
		dirs = append(dirs, dir)
	}
	return dirs
}

// chosenBrokers returns the brokers of a list, or all of the cluster, sorted.
func (c *adminClient) chosenBrokers(ctx context.Context, list string) ([]int32, error) {
	known, err := c.nodeIDs(ctx)
	if err != nil || list == "" {
		return known, err
	}
	var chosen, missing []int32
	for word := range strings.SplitSeq(list, ",") {
		id, err := strconv.ParseInt(word, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("For input string: %q", word)
		}
		chosen = append(chosen, int32(id))
		if !slices.Contains(known, int32(id)) {
			missing = append(missing, int32(id))
		}
	}
	slices.Sort(chosen)
	slices.Sort(missing)
	if len(missing) > 0 {
		return nil, fmt.Errorf("ERROR: The given brokers do not exist from --broker-list: %s. Current existent brokers: %s", joinNumbers(slices.Compact(missing)), joinNumbers(known))
	}
	return slices.Compact(chosen), nil
}

// joinNumbers joins broker ids or partition numbers with commas.
func joinNumbers(numbers []int32) string {
	words := make([]string, len(numbers))
	for i, n := range numbers {
		words[i] = strconv.Itoa(int(n))
	}
	return strings.Join(words, ",")
}
