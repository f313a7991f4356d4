package kafkatools

import (
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
)

func TestParseISODuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"PT0S": 0, "P1D": 24 * time.Hour, "PT1H30M": 90 * time.Minute, "P1DT2H3M4.5S": 26*time.Hour + 3*time.Minute + 4500*time.Millisecond,
		"-PT1M": -time.Minute, "PT-1M": -time.Minute, "pt5s": 5 * time.Second,
	} {
		if got, err := parseISODuration(text); err != nil || got != want {
			t.Errorf("%s: %v %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "P", "PT", "1D", "foo", "P1DT", "PT1X", "P99999999999999999999D"} {
		if got, err := parseISODuration(text); err == nil {
			t.Errorf("%q gave %v", text, got)
		}
	}
}

func TestParseDateTime(t *testing.T) {
	want := time.Date(2020, 1, 2, 3, 4, 5, 678e6, time.UTC)
	for _, text := range []string{"2020-01-02T03:04:05.678Z", "2020-01-02T04:04:05.678+01:00", "2020-01-02T04:04:05.678+0100", "2020-01-02T04:04:05.678+01", "2020-01-02T03:04:05.678"} {
		if got, err := parseDateTime(text); err != nil || !got.Equal(want) {
			t.Errorf("%s: %v %v", text, got, err)
		}
	}
	for _, text := range []string{"foo", "2020-01-02", "2020-13-02T00:00:00"} {
		if got, err := parseDateTime(text); err == nil {
			t.Errorf("%s gave %v", text, got)
		}
	}
}

func TestParseResetPlan(t *testing.T) {
	want := map[topicPartition]int64{{"orders", 0}: 2, {"orders", 1}: 3}
	for csv, single := range map[string]bool{"orders,0,2\norders,1,3\n": true, "g,orders,0,2\nother,orders,0,9\ng,orders,1,3\n\n": false} {
		if got, err := parseResetPlan(csv, "g", single); err != nil || !maps.Equal(got, want) {
			t.Errorf("%q: %v %v", csv, got, err)
		}
	}
	for _, csv := range []string{"orders,0", "orders,x,1", "orders,0,x", "a,b,c,d,e"} {
		if got, err := parseResetPlan(csv, "g", true); err == nil {
			t.Errorf("%q gave %v", csv, got)
		}
	}
}

func TestIncludePattern(t *testing.T) {
	pattern, err := includePattern(`"or.*, cfg"`)
	if err != nil {
		t.Fatal(err)
	}
	for topic, want := range map[string]bool{"orders": true, "cfg": true, "cfg2": false, "xorders": false} {
		if pattern.MatchString(topic) != want {
			t.Errorf("%s: %v", topic, !want)
		}
	}
	if _, err := includePattern("a(("); err == nil || err.Error() != "a(( is an invalid regex." {
		t.Error(err)
	}
}

func TestJavaException(t *testing.T) {
	for code, want := range map[string]string{
		"GROUP_ID_NOT_FOUND": "GroupIdNotFoundException", "INVALID_TOPIC_EXCEPTION": "InvalidTopicException",
		"TOPIC_AUTHORIZATION_FAILED": "TopicAuthorizationException", "UNKNOWN_TOPIC_OR_PARTITION": "UnknownTopicOrPartitionException",
	} {
		if got := javaException(codeNamed(t, code)); got != want {
			t.Errorf("%s: %s, want %s", code, got, want)
		}
	}
}

func codeNamed(t *testing.T, name string) *kerr.Error {
	t.Helper()
	for code := range int16(200) {
		if err, ok := errors.AsType[*kerr.Error](kerr.ErrorForCode(code)); ok && err.Message == name {
			return err
		}
	}
	t.Fatalf("no error code %s", name)
	return nil
}
