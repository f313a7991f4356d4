package kafka

import "strings"

// maxTopicName is the longest topic name: the directory name (name, dash, partition, suffix) must fit into 255 bytes.
const maxTopicName = 249

// CheckTopicName returns an INVALID_TOPIC_EXCEPTION with Kafka's own words when a name is not a legal topic name.
func CheckTopicName(name string) error {
	switch {
	case name == "":
		return Errorf(InvalidTopicException, "Topic name is invalid: the empty string is not allowed")
	case name == "." || name == "..":
		return Errorf(InvalidTopicException, "Topic name is invalid: '%s' is not allowed", name)
	case len(name) > maxTopicName:
		return Errorf(InvalidTopicException,
			"Topic name is invalid: the length of '%s' is longer than the max allowed length %d", name, maxTopicName)
	case strings.IndexFunc(name, isIllegalInTopicName) >= 0:
		return Errorf(InvalidTopicException,
			"Topic name is invalid: '%s' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'", name)
	}
	return nil
}

func isIllegalInTopicName(r rune) bool {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '.', r == '_', r == '-':
		return false
	}
	return true
}

// CollisionKey maps names that collide in metric names, because both '.' and '_' become '_' there, to the same key.
func CollisionKey(topic string) string { return strings.ReplaceAll(topic, ".", "_") }
