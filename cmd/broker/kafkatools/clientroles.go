package kafkatools

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// ProducerOptions translates the properties of a Java producer. They come on top of ClientOptions.
func (p Properties) ProducerOptions() ([]kgo.Opt, error) {
	opts, err := p.durationOptions(map[string]func(time.Duration) kgo.Opt{
		"linger.ms":              func(d time.Duration) kgo.Opt { return kgo.ProducerLinger(d) },
		"request.timeout.ms":     func(d time.Duration) kgo.Opt { return kgo.ProduceRequestTimeout(d) },
		"delivery.timeout.ms":    func(d time.Duration) kgo.Opt { return kgo.RecordDeliveryTimeout(d) },
		"transaction.timeout.ms": func(d time.Duration) kgo.Opt { return kgo.TransactionTimeout(d) },
	})
	if err != nil {
		return nil, err
	}
	durability, err := p.durabilityOptions()
	if err != nil {
		return nil, err
	}
	codec, err := p.compression()
	if err != nil {
		return nil, err
	}
	opts = append(append(opts, durability...), kgo.ProducerBatchCompression(codec))
	sizes, err := p.sizeOptions()
	return append(opts, sizes...), err
}

// durabilityOptions translates acks, enable.idempotence, retries, max.in.flight and transactional.id. A Java producer with
// acks other than all is not idempotent unless it is told to be, which is then an error.
func (p Properties) durabilityOptions() ([]kgo.Opt, error) {
	var opts []kgo.Opt
	idempotent := p["enable.idempotence"] == "" || p.isTrue("enable.idempotence")
	switch acks := strings.TrimSpace(p["acks"]); acks {
	case "", "all", "-1":
	case "0", "1":
		if p.isTrue("enable.idempotence") || p["transactional.id"] != "" {
			return nil, fmt.Errorf("Must set acks to all in order to use the idempotent producer. Otherwise we cannot guarantee idempotence.")
		}
		idempotent = false
		opts = append(opts, kgo.RequiredAcks(map[string]kgo.Acks{"0": kgo.NoAck(), "1": kgo.LeaderAck()}[acks]))
	default:
		return nil, configError("acks", acks, "String must be one of: all, -1, 0, 1")
	}
	if id := p["transactional.id"]; id != "" {
		opts = append(opts, kgo.TransactionalID(id))
	}
	retries, err := p.number("retries", 32, -1)
	if err != nil {
		return nil, err
	}
	if retries >= 0 {
		opts = append(opts, kgo.RecordRetries(int(retries)))
	}
	inFlight, err := p.number("max.in.flight.requests.per.connection", 32, 5)
	if err != nil {
		return nil, err
	}
	if idempotent {
		return opts, nil
	}
	return append(opts, kgo.DisableIdempotentWrite(), kgo.MaxProduceRequestsInflightPerBroker(int(max(1, inFlight)))), nil
}

func (p Properties) sizeOptions() ([]kgo.Opt, error) {
	var opts []kgo.Opt
	batch, err := p.number("max.request.size", 32, 1<<20)
	if err != nil {
		return nil, err
	}
	opts = append(opts, kgo.ProducerBatchMaxBytes(int32(min(max(batch, 1<<10), 1<<30))), kgo.BrokerMaxWriteBytes(1<<30))
	memory, err := p.number("buffer.memory", 64, 32<<20)
	if err != nil {
		return nil, err
	}
	return append(opts, kgo.MaxBufferedBytes(int(max(memory, 1))), kgo.MaxBufferedRecords(math.MaxInt32)), nil
}

// compression translates compression.type and the level of that codec.
func (p Properties) compression() (kgo.CompressionCodec, error) {
	codec, err := compressionCodec(p["compression.type"])
	if _, set := p["compression."+p["compression.type"]+".level"]; !set || err != nil {
		return codec, err
	}
	level, err := p.number("compression."+p["compression.type"]+".level", 32, 0)
	return codec.WithLevel(int(level)), err
}

// compressionCodec returns the codec that Kafka calls name; "" is none.
func compressionCodec(name string) (kgo.CompressionCodec, error) {
	switch name {
	case "", "none":
		return kgo.NoCompression(), nil
	case "gzip":
		return kgo.GzipCompression(), nil
	case "snappy":
		return kgo.SnappyCompression(), nil
	case "lz4":
		return kgo.Lz4Compression(), nil
	case "zstd":
		return kgo.ZstdCompression(), nil
	}
	return kgo.NoCompression(), configError("compression.type", name, "String must be one of: none, gzip, snappy, lz4, zstd")
}

// ConsumerOptions translates the properties of a Java consumer, without its group: isolation, reset policy, fetch sizes.
func (p Properties) ConsumerOptions() ([]kgo.Opt, error) {
	var opts []kgo.Opt
	switch level := p["isolation.level"]; level {
	case "", "read_uncommitted":
	case "read_committed":
		opts = append(opts, kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	default:
		return nil, configError("isolation.level", level, "String must be one of: read_committed, read_uncommitted")
	}
	start, err := resetOffset(p["auto.offset.reset"])
	if err != nil {
		return nil, err
	}
	opts = append(opts, kgo.ConsumeResetOffset(start))
	for key, build := range map[string]func(int32) kgo.ConsumerOpt{
		"fetch.min.bytes": kgo.FetchMinBytes, "fetch.max.bytes": kgo.FetchMaxBytes,
		"max.partition.fetch.bytes": kgo.FetchMaxPartitionBytes,
	} {
		if _, ok := p[key]; !ok {
			continue
		}
		n, err := p.number(key, 32, 0)
		if err != nil {
			return nil, err
		}
		opts = append(opts, build(int32(n)))
	}
	if rack := p["client.rack"]; rack != "" {
		opts = append(opts, kgo.Rack(rack))
	}
	waits, err := p.durationOptions(map[string]func(time.Duration) kgo.Opt{
		"fetch.max.wait.ms": func(d time.Duration) kgo.Opt { return kgo.FetchMaxWait(d) },
	})
	return append(opts, waits...), err
}

func resetOffset(policy string) (kgo.Offset, error) {
	switch policy {
	case "earliest":
		return kgo.NewOffset().AtStart(), nil
	case "", "latest":
		return kgo.NewOffset().AtEnd(), nil
	case "none":
		return kgo.NoResetOffset(), nil
	}
	if text, ok := strings.CutPrefix(policy, "by_duration:"); ok {
		if d, err := parseISODuration(text); err == nil && d >= 0 {
			return kgo.NewOffset().AfterMilli(time.Now().Add(-d).UnixMilli()), nil
		}
	}
	return kgo.Offset{}, configError("auto.offset.reset", policy, "Invalid value `"+policy+"` for configuration auto.offset.reset. "+
		"The value must be either 'earliest', 'latest', 'none' or of the format 'by_duration:<PnDTnHnMn.nS.>'.")
}

// GroupOptions translates the properties of a member of a consumer group: group.id, group.protocol, timeouts.
func (p Properties) GroupOptions() ([]kgo.Opt, error) {
	opts := []kgo.Opt{kgo.ConsumerGroup(p["group.id"])}
	if id := p["group.instance.id"]; id != "" {
		opts = append(opts, kgo.InstanceID(id))
	}
	switch strings.ToLower(p["group.protocol"]) {
	case "", "classic":
		balancers, err := classicBalancers(p["partition.assignment.strategy"])
		if err != nil {
			return nil, err
		}
		opts = append(opts, kgo.Balancers(balancers...))
	case "consumer":
		balancer, err := remoteAssignor(p["group.remote.assignor"])
		if err != nil {
			return nil, err
		}
		opts = append(opts, kgo.ServerSideBalancer(), kgo.Balancers(balancer))
	default:
		return nil, configError("group.protocol", p["group.protocol"], "(case insensitive) String must be one of: CLASSIC, CONSUMER")
	}
	durations, err := p.durationOptions(map[string]func(time.Duration) kgo.Opt{
		"session.timeout.ms":      func(d time.Duration) kgo.Opt { return kgo.SessionTimeout(d) },
		"heartbeat.interval.ms":   func(d time.Duration) kgo.Opt { return kgo.HeartbeatInterval(d) },
		"max.poll.interval.ms":    func(d time.Duration) kgo.Opt { return kgo.RebalanceTimeout(d) },
		"auto.commit.interval.ms": func(d time.Duration) kgo.Opt { return kgo.AutoCommitInterval(d) },
	})
	return append(opts, durations...), err
}

// classicBalancers maps Java class names to the Go client's balancers; a Java consumer's default is range, and
// cooperative-sticky beside it.
func classicBalancers(strategies string) ([]kgo.GroupBalancer, error) {
	if strings.TrimSpace(strategies) == "" {
		return []kgo.GroupBalancer{kgo.RangeBalancer()}, nil
	}
	var balancers []kgo.GroupBalancer
	for name := range strings.SplitSeq(strategies, ",") {
		name = strings.TrimSpace(name)
		switch name[strings.LastIndexByte(name, '.')+1:] {
		case "RangeAssignor", "range":
			balancers = append(balancers, kgo.RangeBalancer())
		case "RoundRobinAssignor", "roundrobin":
			balancers = append(balancers, kgo.RoundRobinBalancer())
		case "StickyAssignor", "sticky":
			balancers = append(balancers, kgo.StickyBalancer())
		case "CooperativeStickyAssignor", "cooperative-sticky":
			balancers = append(balancers, kgo.CooperativeStickyBalancer())
		default:
			return nil, fmt.Errorf("partition.assignment.strategy: %s is a Java class that this tool can't load; "+
				"it knows Kafka's RangeAssignor, RoundRobinAssignor, StickyAssignor and CooperativeStickyAssignor", name)
		}
	}
	return balancers, nil
}

// remoteAssignor maps an assignor of the group coordinator (KIP-848) to the balancer by which the Go client names it.
func remoteAssignor(name string) (kgo.GroupBalancer, error) {
	switch name {
	case "", "uniform":
		return kgo.StickyBalancer(), nil
	case "range":
		return kgo.RangeBalancer(), nil
	}
	return nil, fmt.Errorf("group.remote.assignor: this tool can ask for uniform and range, not for %s", name)
}
