package tcp

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/wire"
)

// metrics are resolved once, so that requests look nothing up.
type metrics struct {
	connections   prometheus.Gauge
	accepted      prometheus.Counter
	refused       prometheus.Counter
	receivedBytes prometheus.Counter
	sentBytes     prometheus.Counter
	sendfileBytes prometheus.Counter
	panics        prometheus.Counter
	seconds       [128]prometheus.Observer // by API key; nil for keys without a route
}

func newMetrics(reg prometheus.Registerer, router *api.Router, inUse func() float64) (*metrics, error) {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Namespace: "jackdaw", Subsystem: "network", Name: name, Help: help})
	}
	m := &metrics{
		connections: prometheus.NewGauge(prometheus.GaugeOpts{
			Namespace: "jackdaw", Subsystem: "network", Name: "connections", Help: "Open connections."}),
		accepted:      counter("accepted_connections_total", "Connections that were accepted."),
		refused:       counter("refused_connections_total", "Connections that were closed at once because of max.connections or max.connections.per.ip."),
		receivedBytes: counter("received_bytes_total", "Bytes of requests."),
		sentBytes:     counter("sent_bytes_total", "Bytes of responses."),
		sendfileBytes: counter("sendfile_bytes_total", "Bytes of responses that never entered user space."),
		panics:        counter("handler_panics_total", "Requests whose handler panicked; their connections were closed."),
	}
	seconds := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Namespace: "jackdaw", Subsystem: "network", Name: "request_seconds",
		Help:    "Time from the arrival of a request to its response, waiting included (long polls, acknowledgements).",
		Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
	}, []string{"api"})
	router.Each(func(r *api.Route) { m.seconds[r.Key] = seconds.WithLabelValues(wire.APIName(r.Key)) })
	memory := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: "jackdaw", Subsystem: "network", Name: "request_memory_bytes",
		Help: "Memory that is charged for requests, of queued.max.request.bytes."}, inUse)
	for _, c := range []prometheus.Collector{
		m.connections, m.accepted, m.refused, m.receivedBytes, m.sentBytes, m.sendfileBytes, m.panics, seconds, memory,
	} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}
