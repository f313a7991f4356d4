package broker

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"
)

// stop ends the parts in the opposite order of their start. fx gives all hooks one shared budget and skips what comes after
// it is spent; therefore there is one hook, and each part gets its own slice of what is left: a connection that will not
// drain takes nothing from the log that must be flushed. A part that fails or runs out of time does not keep the others
// from stopping. What a clean stop would have saved is recovered at the next start.
func (b *Broker) stop(ctx context.Context) error {
	deadline, ok := ctx.Deadline()
	if limit := time.Now().Add(b.parts.Settings.Broker.StopTimeout); !ok || limit.Before(deadline) {
		deadline = limit
	}
	b.parts.Health.Drain()
	var errs []error
	for i := len(b.started) - 1; i >= 0; i-- {
		s := b.started[i]
		slice := time.Duration(float64(time.Until(deadline)) * s.share)
		stepCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), max(slice, minStopSlice))
		if err := s.stop(stepCtx); err != nil {
			b.parts.Log.Warn("a part did not stop cleanly", zap.String("part", s.name), zap.Error(err))
			errs = append(errs, err)
		}
		cancel()
	}
	b.started = nil
	return errors.Join(errs...)
}

// minStopSlice is what a part gets even when the time is up.
const minStopSlice = 100 * time.Millisecond

// drain lets requests that are being answered end.
func (b *Broker) drain(ctx context.Context) error {
	var errs []error
	for _, l := range b.parts.Listeners {
		errs = append(errs, l.Drain(ctx))
	}
	return errors.Join(errs...)
}

func (b *Broker) closeListeners(context.Context) error {
	var errs []error
	for _, l := range b.parts.Listeners {
		errs = append(errs, l.Close())
	}
	return errors.Join(errs...)
}

func (b *Broker) stopNothing(context.Context) error { return nil }

// stopPlugins takes plugins out of force before they are unloaded.
func (b *Broker) stopPlugins(ctx context.Context) error {
	return errors.Join(b.parts.Bindings.Stop(ctx), b.parts.Plugins.Stop(ctx))
}
