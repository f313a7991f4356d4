//go:build !wasm

package jackdaw

// Elsewhere than in WebAssembly there is no host, so that a plugin's own tests run.

func hostError(string) {}

func hostLog(int32, string) {}

func hostLogLevel() int32 { return 0 }

func hostMetric(string) int32 { return -1 }

func hostCounterAdd(int32, int64) {}
