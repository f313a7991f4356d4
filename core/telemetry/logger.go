package telemetry

import (
	"fmt"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

func newLogger(c Config) (*zap.Logger, zap.AtomicLevel, error) {
	level, err := zap.ParseAtomicLevel(c.Level)
	if err != nil {
		return nil, level, fmt.Errorf("log level: %w", err)
	}
	encoder, err := newEncoder(c.Format)
	if err != nil {
		return nil, level, err
	}
	out := zapcore.Lock(c.Output)
	return zap.New(zapcore.NewCore(encoder, out, level), zap.ErrorOutput(out)), level, nil
}

func newEncoder(format string) (zapcore.Encoder, error) {
	c := zap.NewProductionEncoderConfig()
	c.EncodeTime = zapcore.ISO8601TimeEncoder
	c.EncodeDuration = zapcore.StringDurationEncoder
	switch format {
	case "json":
		c.TimeKey = "time"
		return zapcore.NewJSONEncoder(c), nil
	case "console":
		c.EncodeLevel = zapcore.CapitalLevelEncoder
		c.ConsoleSeparator = "  "
		return zapcore.NewConsoleEncoder(c), nil
	}
	return nil, fmt.Errorf("log format: %q is not console or json", format)
}
