package segment

import (
	"errors"
	"fmt"
	"syscall"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/telemetry"
)

// healthDirs is the component of the health report that tells of directories that are offline.
const healthDirs = "log dirs"

// observe lets the engine report to health and register its metrics. It is called before Start, if at all.
func (e *Engine) observe(health *telemetry.Health, metrics prometheus.Registerer) {
	e.health = health
	metrics.MustRegister(e.verification.bytes, e.verification.segments, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "jackdaw_log_offline_directories", Help: "Directories of log.dirs whose storage failed; a restart takes them back.",
	}, func() float64 {
		offline := 0
		for _, d := range e.dirs {
			if d.offline() != nil {
				offline++
			}
		}
		return float64(offline)
	}))
}

// storageFault tells an error of the operating system from a refusal of our own, such as another broker's directory.
func storageFault(err error) bool {
	_, fault := errors.AsType[syscall.Errno](err)
	return fault
}

// dirFailed takes a directory offline, and every log in it.
func (e *Engine) dirFailed(d *dataDir, cause error) {
	if !d.failed.CompareAndSwap(nil, &cause) {
		return
	}
	e.logger.Error("log directory is offline", zap.String("directory", d.path), zap.Error(cause))
	e.reportDirs()
	e.background.Go(func() {
		for _, l := range e.opened() {
			if l.root == d {
				_ = l.fail(cause)
			}
		}
	})
}

// reportDirs tells health which directories are offline: the broker is not ready when none is left.
func (e *Engine) reportDirs() {
	if e.health == nil {
		return
	}
	var failures []error
	for _, d := range e.dirs {
		if cause := d.offline(); cause != nil {
			failures = append(failures, fmt.Errorf("%s is offline: %w", d.path, cause))
		}
	}
	switch len(failures) {
	case 0:
	case len(e.dirs):
		e.health.Failed(healthDirs, errors.Join(failures...))
	default:
		e.health.Degraded(healthDirs, errors.Join(failures...))
	}
}

// startDirs starts every directory. One whose storage fails is offline from the start, as long as another one works.
func (e *Engine) startDirs(start func(*dataDir) error) error {
	var failures []error
	for _, d := range e.dirs {
		err := start(d)
		if err != nil && !storageFault(err) {
			return err
		}
		if err != nil {
			failures = append(failures, fmt.Errorf("log.dirs: %s: %w", d.path, err))
			e.dirFailed(d, err)
		}
	}
	if len(failures) == len(e.dirs) {
		return errors.Join(failures...)
	}
	return nil
}

// lost says why an older log that is in no directory must not be made anew: it is in one that is offline.
func (e *Engine) lost(tp kafka.TopicPartition) error {
	for _, d := range e.dirs {
		if cause := d.offline(); cause != nil {
			return kafka.Errorf(kafka.KafkaStorageError, "%s is in no directory that works, and %s is offline: %v", tp, d.path, cause)
		}
	}
	return nil
}
