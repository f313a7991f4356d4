package kafkatools

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// parsePartitions reads "topic:0,1,2".
func parsePartitions(arg string) ([]topicPartition, error) {
	topic, list, _ := strings.Cut(arg, ":")
	if list == "" || strings.Contains(list, ":") {
		return nil, usagef("Invalid topic arg '%s', expected topic name and partitions", arg)
	}
	var partitions []topicPartition
	for word := range strings.SplitSeq(list, ",") {
		p, err := strconv.ParseInt(word, 10, 32)
		if err != nil {
			return nil, usagef("Invalid partition '%s' specified in topic arg '%s''", word, arg)
		}
		partitions = append(partitions, topicPartition{topic, int32(p)})
	}
	return partitions, nil
}

// parseDateTime reads YYYY-MM-DDTHH:mm:SS with optional milliseconds and zone. Without a zone it is UTC, as for Kafka's tool.
func parseDateTime(s string) (time.Time, error) {
	if !strings.Contains(s, "T") {
		return time.Time{}, errors.New("java.text.ParseException: Error parsing timestamp. It does not contain a 'T' according to ISO8601 format")
	}
	for _, layout := range []string{"2006-01-02T15:04:05.999Z07:00", "2006-01-02T15:04:05.999Z0700", "2006-01-02T15:04:05.999Z07", "2006-01-02T15:04:05.999"} {
		if at, err := time.Parse(layout, s); err == nil {
			return at, nil
		}
	}
	return time.Time{}, fmt.Errorf("java.text.ParseException: Unparseable date: %q", s)
}

// parseISODuration reads Java's form of ISO 8601 durations, PnDTnHnMn.nS. Any number, or the whole, may have a sign.
func parseISODuration(s string) (time.Duration, error) {
	fault := errors.New("Text cannot be parsed to a Duration")
	pattern := regexp.MustCompile(`^([-+]?)P(?:([-+]?\d+)D)?(T(?:([-+]?\d+)H)?(?:([-+]?\d+)M)?(?:([-+]?\d+(?:[.,]\d{0,9})?)S)?)?$`)
	groups := pattern.FindStringSubmatch(strings.ToUpper(s))
	if groups == nil || groups[3] == "T" || groups[2]+groups[3] == "" {
		return 0, fault
	}
	var total time.Duration
	for i, unit := range map[int]time.Duration{2: 24 * time.Hour, 4: time.Hour, 5: time.Minute, 6: time.Second} {
		if groups[i] == "" {
			continue
		}
		n, err := strconv.ParseFloat(strings.Replace(groups[i], ",", ".", 1), 64)
		if err != nil || n*float64(unit) > 1<<62 || n*float64(unit) < -1<<62 {
			return 0, fault
		}
		total += time.Duration(n * float64(unit))
	}
	if groups[1] == "-" {
		total = -total
	}
	return total, nil
}
