package binding

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/jackdawmq/jackdaw/core/plugin"
)

// maxLabelled bounds the slots that have time series of their own: the number of topics is the clients' to choose. The
// counters of all others are summed up under empty labels.
const maxLabelled = 200

// collector reads the counters of every chain in force when they are asked for. They begin at zero again with each new
// chain, as Prometheus expects of a process that was restarted.
type collector struct{ b *Bindings }

// metric is one counter of a slot.
type metric struct {
	name, help string
	kind       prometheus.ValueType
	of         func(*SlotPath) float64
}

func metrics() []metric {
	count := func(name, help string, of func(*SlotPath) uint64) metric {
		return metric{name + "_total", help, prometheus.CounterValue, func(s *SlotPath) float64 { return float64(of(s)) }}
	}
	return []metric{
		count("calls", "Calls of plugins.", func(s *SlotPath) uint64 { return s.Stats.Calls }),
		count("records", "Records that plugins were called with.", func(s *SlotPath) uint64 { return s.Stats.Records }),
		count("input_bytes", "Bytes that were given to plugins.", func(s *SlotPath) uint64 { return s.Stats.Bytes }),
		count("replaced", "Records that plugins rewrote.", func(s *SlotPath) uint64 { return s.Stats.Replaced }),
		count("dropped", "Records that plugins dropped.", func(s *SlotPath) uint64 { return s.Stats.Dropped }),
		count("rejected", "Records that plugins rejected.", func(s *SlotPath) uint64 { return s.Stats.Rejected }),
		count("fuel", "Units of work that plugins took.", func(s *SlotPath) uint64 { return s.Stats.Fuel }),
		count("mismatched", "Records in another partition than the partitioner says.", func(s *SlotPath) uint64 { return s.Counts.Mismatched }),
		count("skipped", "Records that on.reject=skip left out.", func(s *SlotPath) uint64 { return s.Counts.Skipped }),
		count("dead_letters", "Records that on.reject=dlq left out.", func(s *SlotPath) uint64 { return s.Counts.DeadLettered }),
		count("passed", "Records that on.error=pass let in.", func(s *SlotPath) uint64 { return s.Counts.Passed }),
		count("refused_batches", "Batches that rejected records or failures kept out.", func(s *SlotPath) uint64 { return s.Counts.Refused }),
		count("shadow_differences", "Records about which the shadow decided otherwise.", func(s *SlotPath) uint64 { return s.Counts.ShadowDiffered }),
		count("shadow_failures", "Records on which the shadow failed.", func(s *SlotPath) uint64 { return s.Counts.ShadowFailed }),
		{"busy_seconds_total", "Time inside of plugins.", prometheus.CounterValue, func(s *SlotPath) float64 { return s.Stats.Busy.Seconds() }},
		{"guest_seconds_total", "Time in the plugins' own code, a part of busy_seconds.", prometheus.CounterValue, func(s *SlotPath) float64 { return s.Stats.Guest.Seconds() }},
		{"instances", "Instances of plugins.", prometheus.GaugeValue, func(s *SlotPath) float64 { return float64(s.Stats.Instances) }},
		{"memory_bytes", "Memory of the instances of plugins.", prometheus.GaugeValue, func(s *SlotPath) float64 { return float64(s.Stats.Memory) }},
	}
}

func metricName(name string) string { return prometheus.BuildFQName("jackdaw", "plugin", name) }

// Describe sends nothing: which series there are depends on what is bound.
func (c collector) Describe(chan<- *prometheus.Desc) {}

// Collect sends the counters of all slots.
func (c collector) Collect(out chan<- prometheus.Metric) {
	labels := []string{"topic", "slot", "plugin"}
	failures := prometheus.NewDesc(metricName("failures_total"), "Failures of plugins, by reason.", append(labels, "reason"), nil)
	all := metrics()
	descs := make([]*prometheus.Desc, len(all))
	for i, m := range all {
		descs[i] = prometheus.NewDesc(metricName(m.name), m.help, labels, nil)
	}
	sums, failed := make([]float64, len(all)), [plugin.Unsupported + 1]uint64{}
	sent, more := 0, false
	for _, path := range c.b.Paths() {
		for i := range path.Slots {
			s := &path.Slots[i]
			if sent++; sent > maxLabelled {
				more = true
				for k, m := range all {
					sums[k] += m.of(s)
				}
				for class, n := range s.Stats.Failures {
					failed[class] += n
				}
				continue
			}
			for k, m := range all {
				out <- prometheus.MustNewConstMetric(descs[k], m.kind, m.of(s), path.Topic, s.Slot, s.Plugin)
			}
			sendFailures(out, failures, &s.Stats.Failures, path.Topic, s.Slot, s.Plugin)
		}
	}
	if more {
		for k, m := range all {
			out <- prometheus.MustNewConstMetric(descs[k], m.kind, sums[k], "", "", "")
		}
		sendFailures(out, failures, &failed, "", "", "")
	}
}

// sendFailures sends the classes that happened.
func sendFailures(out chan<- prometheus.Metric, desc *prometheus.Desc, counts *[plugin.Unsupported + 1]uint64, labels ...string) {
	for class, n := range counts {
		if n > 0 {
			out <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, float64(n), append(labels, plugin.Class(class).String())...)
		}
	}
}
