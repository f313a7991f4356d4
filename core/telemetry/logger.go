package telemetry

import (
	"fmt"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// NewLogger returns a logger that writes to w, and the level that can be changed while it is in use. level is debug, info,
// warn or error; format is console, for people, or json, for machines.
func NewLogger(w zapcore.WriteSyncer, level, format string) (*zap.Logger, zap.AtomicLevel, error) {
	at, err := zap.ParseAtomicLevel(level)
	if err != nil {
		return nil, at, fmt.Errorf("log level: %w", err)
	}
	encoder, err := newEncoder(format)
	if err != nil {
		return nil, at, err
	}
	core := zapcore.NewCore(encoder, zapcore.Lock(w), at)
	return zap.New(core, zap.ErrorOutput(zapcore.Lock(w)), zap.AddStacktrace(zapcore.DPanicLevel)), at, nil
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
