package kafkatools

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/magiconair/properties"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Properties are the settings of a Java client, by the names that Apache Kafka's documentation gives them. The methods
// translate them into options of the Go client; a property that has no meaning there is ignored, as a Java client
// ignores properties that it does not know.
type Properties map[string]string

// LoadProperties reads a Java properties file: ISO-8859-1, \u escapes, line continuations; ${...} stays as it is.
func LoadProperties(path string) (Properties, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	loader := properties.Loader{Encoding: properties.ISO_8859_1, DisableExpansion: true}
	parsed, err := loader.LoadBytes(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return parsed.Map(), nil
}

// parseKeyValues reads "key=value" arguments. A word without '=' stands for an empty value, as in Kafka's tools.
func parseKeyValues(args []string) Properties {
	p := Properties{}
	for _, arg := range args {
		key, value, _ := strings.Cut(arg, "=")
		p[key] = value
	}
	return p
}

// merge returns p with the other sets laid over it; later ones win.
func (p Properties) merge(others ...Properties) Properties {
	all := Properties{}
	maps.Copy(all, p)
	for _, other := range others {
		maps.Copy(all, other)
	}
	return all
}

// setDefault sets key unless it is set.
func (p Properties) setDefault(key, value string) {
	if _, ok := p[key]; !ok {
		p[key] = value
	}
}

func (p Properties) isTrue(key string) bool {
	return strings.EqualFold(strings.TrimSpace(p[key]), "true")
}

// configError has the words of Kafka's ConfigException.
func configError(key, value, reason string) error {
	return fmt.Errorf("Invalid value %s for configuration %s: %s", value, key, reason)
}

// number reads an integer property of the given size in bits.
func (p Properties) number(key string, bits int, fallback int64) (int64, error) {
	value, ok := p[key]
	if !ok {
		return fallback, nil
	}
	n, err := strconv.ParseInt(strings.TrimSpace(value), 10, bits)
	if err != nil {
		return 0, configError(key, value, "Not a number of type "+map[int]string{32: "INT", 64: "LONG"}[bits])
	}
	return n, nil
}

// millis reads a property in milliseconds.
func (p Properties) millis(key string, fallback time.Duration) (time.Duration, error) {
	n, err := p.number(key, 64, fallback.Milliseconds())
	return time.Duration(n) * time.Millisecond, err
}

// APITimeout returns default.api.timeout.ms: how long an admin call may take with all its retries.
func (p Properties) APITimeout() (time.Duration, error) {
	return p.millis("default.api.timeout.ms", time.Minute)
}

// durationOptions translates properties in milliseconds that are options of the Go client, one for one.
func (p Properties) durationOptions(known map[string]func(time.Duration) kgo.Opt) ([]kgo.Opt, error) {
	var opts []kgo.Opt
	for key, build := range known {
		if _, ok := p[key]; !ok {
			continue
		}
		d, err := p.millis(key, 0)
		if err != nil {
			return nil, err
		}
		opts = append(opts, build(d))
	}
	return opts, nil
}

// ClientOptions translates what all clients share: bootstrap servers, names, time limits, TLS and SASL.
func (p Properties) ClientOptions() ([]kgo.Opt, error) {
	seeds, err := bootstrapServers(p["bootstrap.servers"])
	if err != nil {
		return nil, err
	}
	opts := []kgo.Opt{kgo.SeedBrokers(seeds...), kgo.DisableClientMetrics(), kgo.SoftwareNameAndVersion("jackdaw", KafkaVersion)}
	if id := p["client.id"]; id != "" {
		opts = append(opts, kgo.ClientID(id))
	}
	durations, err := p.durationOptions(map[string]func(time.Duration) kgo.Opt{
		"socket.connection.setup.timeout.ms": kgo.DialTimeout,
		"connections.max.idle.ms":            kgo.ConnIdleTimeout,
		"metadata.max.age.ms":                func(d time.Duration) kgo.Opt { return kgo.MetadataMaxAge(max(d, metadataRetryPause)) },
		"default.api.timeout.ms":             kgo.RetryTimeout,
	})
	if err != nil {
		return nil, err
	}
	security, errSecurity := p.securityOptions()
	connect, errConnect := p.connectOptions()
	patience, errPatience := p.retryOptions()
	return slices.Concat(opts, durations, security, connect, patience), firstError(errSecurity, errConnect, errPatience)
}

// retryOptions translates retry.backoff.ms, retry.backoff.max.ms and request.timeout.ms. Only what is set replaces the Go client's own.
func (p Properties) retryOptions() ([]kgo.Opt, error) {
	var opts []kgo.Opt
	first, errFirst := p.millis("retry.backoff.ms", 100*time.Millisecond)
	longest, errLongest := p.millis("retry.backoff.max.ms", time.Second)
	limit, errLimit := p.millis("request.timeout.ms", 0)
	if err := firstError(errFirst, errLongest, errLimit); err != nil {
		return nil, err
	}
	if _, set := p["retry.backoff.ms"]; set {
		opts = append(opts, kgo.RetryBackoffFn(func(failed int) time.Duration {
			return min(first<<min(max(failed-1, 0), 20), max(first, longest))
		}))
	}
	if limit > 0 {
		opts = append(opts, kgo.RequestTimeoutOverhead(min(max(limit, 100*time.Millisecond), 15*time.Minute)))
	}
	return opts, nil
}

// bootstrapServers splits and checks a bootstrap list.
func bootstrapServers(list string) ([]string, error) {
	var seeds []string
	for server := range strings.SplitSeq(list, ",") {
		server = strings.TrimSpace(server)
		if server == "" {
			continue
		}
		if !isHostPort(server) {
			return nil, fmt.Errorf("Invalid url in bootstrap.servers: %s", server)
		}
		seeds = append(seeds, server)
	}
	if len(seeds) == 0 {
		return nil, fmt.Errorf("No resolvable bootstrap urls given in bootstrap.servers")
	}
	return seeds, nil
}

func isHostPort(server string) bool {
	i := strings.LastIndexByte(server, ':')
	if i <= 0 {
		return false
	}
	port, err := strconv.ParseUint(server[i+1:], 10, 16)
	return err == nil && port > 0
}
