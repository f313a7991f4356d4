package telemetry

import (
	"os"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// Config says how to log.
type Config struct {
	Level  string              // debug, info, warn or error
	Format string              // console, for people, or json, for machines
	Output zapcore.WriteSyncer // nil: standard error
}

// Telemetry is what one broker tells about itself.
type Telemetry struct {
	Log      *zap.Logger
	Level    zap.AtomicLevel // of Log; can be changed at any time
	Registry *prometheus.Registry
	Health   *Health
}

// New sets telemetry up.
func New(c Config) (*Telemetry, error) {
	if c.Output == nil {
		c.Output = os.Stderr
	}
	log, level, err := newLogger(c)
	if err != nil {
		return nil, err
	}
	return &Telemetry{Log: log, Level: level, Registry: NewRegistry(), Health: NewHealth()}, nil
}
