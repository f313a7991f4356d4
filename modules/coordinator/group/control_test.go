package group_test

import (
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/record"
)

func (s *scenario) advance(a args) []string {
	d, err := time.ParseDuration(a.words[0])
	if err != nil {
		s.t.Fatal(err)
	}
	time.Sleep(d) // virtual
	return nil
}

func (s *scenario) restart(args) []string {
	s.coord.Resigned(0)
	s.elect()
	return nil
}

func (s *scenario) resign(args) []string {
	s.coord.Resigned(0)
	return nil
}

func (s *scenario) deleteTopicCommand(a args) []string {
	s.deleteTopic(a.words[0], kafka.TopicID{})
	return nil
}

func (s *scenario) failAppends(a args) []string {
	if len(a.words) == 0 {
		s.log.FailAppends(nil)
	} else {
		s.log.FailAppends(a.code(a.words[0]))
	}
	return nil
}

func (s *scenario) holdCommits(args) []string {
	s.release = s.log.HoldCommits()
	return nil
}

func (s *scenario) releaseCommits(args) []string {
	s.release()
	return nil
}

// showLog describes the records that were appended since the last time, one line for each batch's records.
func (s *scenario) showLog(args) (lines []string) {
	batches := s.log.Batches(offsets0)
	for _, batch := range batches[s.read:] {
		records, err := batch.Records(1 << 20)
		if err != nil {
			s.t.Fatal(err)
		}
		var r record.Record
		for records.Next(&r) {
			lines = append(lines, readable(s.describeRecord(r)))
		}
		records.Close()
	}
	s.read = len(batches)
	return lines
}

func (s *scenario) describeRecord(r record.Record) string {
	if r.Key[1] == 1 {
		var key kmsg.OffsetCommitKey
		var value kmsg.OffsetCommitValue
		s.decode(key.ReadFrom(r.Key))
		name := fmt.Sprintf("offset %s %s/%d", key.Group, key.Topic, key.Partition)
		if r.Value == nil {
			return name + " deleted"
		}
		s.decode(value.ReadFrom(r.Value))
		return fmt.Sprintf("%s = %d (version %d)", name, value.Offset, value.Version)
	}
	var key kmsg.GroupMetadataKey
	var value kmsg.GroupMetadataValue
	s.decode(key.ReadFrom(r.Key))
	if r.Value == nil {
		return "group " + key.Group + " deleted"
	}
	s.decode(value.ReadFrom(r.Value))
	text := fmt.Sprintf("group %s type=%q generation=%d", key.Group, value.ProtocolType, value.Generation)
	if value.Protocol != nil {
		text += " protocol=" + *value.Protocol
	}
	if value.Leader != nil {
		text += " leader=" + *value.Leader
	}
	for _, m := range value.Members {
		text += fmt.Sprintf(" [%s assignment=%q]", m.MemberID, m.Assignment)
	}
	return text
}

func (s *scenario) decode(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Errorf("record: %v", err)
	}
}
