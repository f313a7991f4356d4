//go:build race

package plugintest

// raceDetector says that sync.Pool drops what it is given, so that nothing can be said of allocations.
const raceDetector = true
