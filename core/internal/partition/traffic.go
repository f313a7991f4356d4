package partition

import "github.com/prometheus/client_golang/prometheus"

// Traffic counts what goes through all partitions. There are no counters per topic: their number would be the clients'
// to choose.
type Traffic struct {
	BytesIn, MessagesIn       prometheus.Counter
	BytesOut                  prometheus.Counter
	FailedProduce, FailedRead prometheus.Counter
}

// gauges registers what can be counted when it is asked for.
func (s *Set) gauges() {
	gauge := func(name, help string, count func(*Partition) bool) {
		if s.Metrics == nil {
			return
		}
		s.Metrics.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "jackdaw", Name: name, Help: help}, func() float64 {
			n := 0
			s.Each(func(p *Partition) bool {
				if count(p) {
					n++
				}
				return true
			})
			return float64(n)
		}))
	}
	gauge("partitions", "Partitions that this broker holds a replica of.", func(*Partition) bool { return true })
	gauge("leader_partitions", "Partitions that this broker leads.", func(p *Partition) bool {
		r := p.role.Load()
		return r != nil && r.leading
	})
	gauge("offline_partitions", "Partitions whose storage failed.", func(p *Partition) bool { return p.failed.Load() })
}

func newTraffic(r prometheus.Registerer) *Traffic {
	counter := func(name, help string) prometheus.Counter {
		c := prometheus.NewCounter(prometheus.CounterOpts{Namespace: "jackdaw", Name: name, Help: help})
		if r != nil {
			r.MustRegister(c)
		}
		return c
	}
	return &Traffic{
		BytesIn:       counter("bytes_in_total", "Bytes of record batches appended by clients."),
		MessagesIn:    counter("messages_in_total", "Records appended by clients."),
		BytesOut:      counter("bytes_out_total", "Bytes of record batches sent to clients."),
		FailedProduce: counter("failed_produce_total", "Partitions of produce requests that were answered an error."),
		FailedRead:    counter("failed_fetch_total", "Partitions of fetch requests that were answered an error."),
	}
}
