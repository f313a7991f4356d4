// Package telemetry sets up what a broker tells about itself: the logger, the metric registry and the health of its
// parts. It holds no globals: each broker of a process has its own.
package telemetry
