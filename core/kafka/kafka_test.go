package kafka_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/jackdawmq/jackdaw/core/kafka"
)

func TestErrorCodesAgreeWithFranzGo(t *testing.T) {
	for code := int16(-1); code <= 136; code++ {
		if code == 0 {
			continue
		}
		want := kerr.TypedErrorForCode(code)
		got := kafka.ErrorCode(code)
		name := strings.Replace(want.Message, "NOT_LEADER_FOR_PARTITION", "NOT_LEADER_OR_FOLLOWER", 1)
		if got.String() != name || got.Retriable() != want.Retriable {
			t.Errorf("code %d is %s (retriable %t), want %s (%t)", code, got, got.Retriable(), name, want.Retriable)
		}
	}
}

func TestErrorsCarryTheirCode(t *testing.T) {
	err := fmt.Errorf("while creating: %w", kafka.Errorf(kafka.TopicAlreadyExists, "Topic '%s' already exists.", "a"))
	if got := kafka.CodeOf(err); got != kafka.TopicAlreadyExists {
		t.Errorf("CodeOf = %v", got)
	}
	if !errors.Is(err, kafka.TopicAlreadyExists) {
		t.Error("errors.Is does not find the code")
	}
	if m := kafka.MessageOf(err); m == nil || *m != "Topic 'a' already exists." {
		t.Errorf("MessageOf = %v", m)
	}
	if kafka.CodeOf(nil) != kafka.NoError || kafka.CodeOf(errors.New("x")) != kafka.UnknownServerError {
		t.Error("nil must be NONE and a foreign error UNKNOWN_SERVER_ERROR")
	}
	if kafka.MessageOf(kafka.InvalidRecord) != nil || kafka.MessageOf(&kafka.Error{Code: kafka.InvalidRecord}) != nil {
		t.Error("a code without a message has one")
	}
}

func TestCheckTopicName(t *testing.T) {
	for name, want := range map[string]string{
		"a":                      "",
		"A.b_c-9":                "",
		strings.Repeat("x", 249): "",
		"":                       "Topic name is invalid: the empty string is not allowed",
		".":                      "Topic name is invalid: '.' is not allowed",
		"..":                     "Topic name is invalid: '..' is not allowed",
		"a b":                    "Topic name is invalid: 'a b' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'",
		"ä":                      "Topic name is invalid: 'ä' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'",
		strings.Repeat("x", 250): "Topic name is invalid: the length of '" + strings.Repeat("x", 250) + "' is longer than the max allowed length 249",
	} {
		err := kafka.CheckTopicName(name)
		switch {
		case want == "" && err != nil:
			t.Errorf("%q was refused: %v", name, err)
		case want != "" && (kafka.CodeOf(err) != kafka.InvalidTopicException || *kafka.MessageOf(err) != want):
			t.Errorf("%q: %v, want %s", name, err, want)
		}
	}
}

func TestIsInternal(t *testing.T) {
	for topic, want := range map[string]bool{
		"__consumer_offsets": true, "__transaction_state": true, "__share_group_state": true, "__cluster_metadata": true,
		"__jackdaw_plugins": true, "__mine": false, "consumer_offsets": false, "": false,
	} {
		if got := kafka.IsInternal(topic); got != want {
			t.Errorf("IsInternal(%q) = %v", topic, got)
		}
	}
}

func TestCoordinatorPartition(t *testing.T) {
	// What java.lang.String.hashCode answers.
	for s, want := range map[string]int32{
		"":                   0,
		"a":                  97,
		"console-consumer":   -648006740,
		"grüße":              98768023,
		"😀":                  1772899,
		"polygenelubricants": -1 << 31,
	} {
		if got := kafka.JavaHash(s); got != want {
			t.Errorf("JavaHash(%q) = %d, want %d", s, got, want)
		}
	}
	if got := kafka.CoordinatorPartition("polygenelubricants", 50); got != 0 {
		t.Errorf("the smallest integer must give partition 0, got %d", got)
	}
	if got := kafka.CoordinatorPartition("a", 50); got != 47 {
		t.Errorf("got partition %d, want 47", got)
	}
}

func TestTopicIDText(t *testing.T) {
	for range 1000 {
		id := kafka.NewTopicID()
		text := id.String()
		if len(text) != 22 || text[0] == '-' || id.IsZero() {
			t.Fatalf("a new id reads %q", text)
		}
		back, err := kafka.ParseTopicID(text)
		if err != nil || back != id {
			t.Fatalf("%q parses to %v, %v", text, back, err)
		}
	}
	for _, bad := range []string{"", "x", "AAAAAAAAAAAAAAAAAAAAAAAAAA", "!!!!!!!!!!!!!!!!!!!!!!"} {
		if _, err := kafka.ParseTopicID(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}
