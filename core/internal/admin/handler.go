package admin

import (
	_ "embed"
	"encoding/json"
	"net"
	"net/http"
	"net/http/pprof"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/telemetry"
)

const index = `/livez          200 unless a part of the broker failed
/readyz         200 when the broker serves clients, else 503 with the progress of its parts
/metrics        Prometheus metrics
/loglevel       GET or PUT {"level":"debug"}
/debug/pprof/   Go profiles
/plugins        plugins: list, describe, deploy, try, remove, logs
/topics/T/plugins           the plugins of a topic: show, bind, unbind
/groups/G/plugins/assignor  the plugin of a group: show, bind, unbind
/openapi.yaml   all of it, for programs
`

//go:embed openapi.yaml
var openAPI []byte

// newHandler returns everything that the listener serves.
func newHandler(health *telemetry.Health, metrics prometheus.Gatherer, level zap.AtomicLevel, plugins Plugins) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte(index))
	})
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) {
		report := health.Report()
		writeReport(w, report, report.Live)
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		report := health.Report()
		writeReport(w, report, report.Ready)
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(metrics, promhttp.HandlerOpts{}))
	mux.Handle("GET /loglevel", level)
	mux.Handle("PUT /loglevel", http.MaxBytesHandler(onlyType(jsonType, level), maxBodyBytes))
	mux.HandleFunc("GET /debug/pprof/", bounded(pprof.Index))
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", bounded(pprof.Profile))
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", bounded(pprof.Trace))
	mux.HandleFunc("GET /openapi.yaml", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/yaml")
		_, _ = w.Write(openAPI)
	})
	for pattern, route := range newPluginAPI(plugins).routes() {
		mux.Handle(pattern, http.MaxBytesHandler(route, route.maxBody))
	}
	return refuseForeign(mux)
}

// bounded refuses profiles that take longer than longestProfile: net/http/pprof would move the write deadline for them.
func bounded(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		seconds, err := strconv.ParseFloat(r.URL.Query().Get("seconds"), 64)
		if err == nil && seconds > longestProfile.Seconds() {
			http.Error(w, "a profile takes at most "+longestProfile.String(), http.StatusBadRequest)
			return
		}
		next(w, r)
	}
}

func writeReport(w http.ResponseWriter, report telemetry.Report, good bool) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if !good {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(report) // the client is gone: nobody to tell
}

// refuseForeign refuses requests that a browser sends for a page from elsewhere.
func refuseForeign(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isLoopback(r.Host) {
			http.Error(w, "the Host header must name a loopback address", http.StatusForbidden)
			return
		}
		if origins := r.Header.Values("Origin"); len(origins) > 1 || len(origins) == 1 && !sameOrigin(origins[0], r.Host) {
			http.Error(w, "requests from other origins are refused", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// isLoopback reports whether a Host header names this machine by a loopback address or as localhost.
func isLoopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && ip.IsLoopback()
}

func sameOrigin(origin, host string) bool {
	u, err := url.Parse(origin)
	return err == nil && u.Scheme == "http" && strings.EqualFold(u.Host, host)
}
