package config

import (
	"regexp"
	"slices"
	"strings"
)

// variable is an environment variable with our prefix or Kafka's.
type variable struct {
	name, value string
	key         string // the key that its name stands for, declared or not
	kafka       bool   // has Kafka's prefix
}

// readEnvironment finds the variables that are meant for the broker. Names are upper case, with _ for a dot, __ for an
// underscore and ___ for a dash, as Kafka's container images have them. Those with Kafka's prefix come first, so that ours
// win. Empty variables count as absent.
func (s *Schema) readEnvironment(environ []string) []variable {
	keys := map[string]string{}
	for key := range s.settings {
		keys[environmentName(key)] = key
		if short, ok := strings.CutPrefix(key, "jackdaw."); ok { // JACKDAW_ADMIN_LISTENER is jackdaw.admin.listener
			keys[environmentName(short)] = key
		}
	}
	// Docker links and Kubernetes services put variables like KAFKA_PORT_9092_TCP and JACKDAW_SERVICE_HOST there.
	link := regexp.MustCompile(`^(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT|PORT_[0-9]+_(TCP|UDP)(_.*)?|NAME|ENV_.*)$`)
	var found []variable
	for _, assignment := range environ {
		name, value, _ := strings.Cut(assignment, "=")
		rest, ours := strings.CutPrefix(name, "JACKDAW_")
		kafka := false
		if !ours {
			if rest, kafka = strings.CutPrefix(name, "KAFKA_"); !kafka {
				continue
			}
			rest = strings.TrimPrefix(rest, "CFG_") // Bitnami's images
		}
		key := keys[rest]
		if value == "" || key == "" && link.MatchString(rest) {
			continue
		}
		if key == "" {
			key = environmentKey(rest)
		}
		found = append(found, variable{name, value, key, kafka})
	}
	slices.SortFunc(found, func(a, b variable) int {
		if a.kafka != b.kafka {
			if a.kafka {
				return -1
			}
			return 1
		}
		return strings.Compare(a.name, b.name)
	})
	return found
}

// environmentName returns the variable that sets a key, without prefix.
func environmentName(key string) string {
	return strings.ToUpper(strings.NewReplacer(".", "_", "_", "__", "-", "___").Replace(key))
}

// environmentKey is the inverse.
func environmentKey(name string) string {
	return strings.ToLower(strings.NewReplacer("___", "-", "__", "_", "_", ".").Replace(name))
}
