// Package wasm runs plugins that are WebAssembly modules, as the plugin ABI says (sdk/README.md, sdk/abi): it is the only
// package that knows wazero.
//
// A module is checked within static limits before anything else reads it, rewritten so that it pays for every operator
// with fuel, and compiled once per digest, one module at a time. Each binding has a pool of instances: a call takes one,
// writes a block into the area that the guest reserved, calls, checks all of what the guest answers before it copies any
// of it, and puts the instance back. A guest that traps or answers nonsense loses its instance; one that does so too often
// is not called for a while.
//
// A plugin can't stall the broker: fuel ends every call, each slice of it returns to Go, and only half of the processors
// are ever inside plugins. It can't take its memory either: instances have a limit each and together, outside of the Go
// heap, and their calls have a bound of depth. It sees no clock, no randomness, no files and no network. Calls allocate nothing on
// the Go heap.
package wasm
