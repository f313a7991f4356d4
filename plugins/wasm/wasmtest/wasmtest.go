// Package wasmtest holds hostile WebAssembly modules, for tests of what has to withstand them. They are made when asked for.
package wasmtest

import "github.com/jackdawmq/jackdaw/plugins/wasm/internal/assemble"

// Module is a hostile module.
type Module struct {
	Name    string
	Wasm    []byte
	Reasons []string // words among the reasons for which it is refused; none: it is stopped when it runs
}

// Refused are modules that no broker may load, by what is wrong with them.
func Refused() map[string][]Module {
	return map[string][]Module{"shape": Shapes(), "feature": Features(), "bomb": Bombs(), "dangling": Dangling()}
}

// Plugin is the smallest valid plugin: it keeps every record.
func Plugin() []byte { return plugin().Bytes() }

// The words of package assemble, short: what follows is mostly made of them.
type (
	build    = assemble.Module
	function = assemble.Function
)

const (
	i32 = assemble.I32
	i64 = assemble.I64
)

func base() *build                     { return assemble.Base() }
func plugin() *build                   { return assemble.Plugin() }
func asm(code ...string) []byte        { return assemble.Assemble(code...) }
func repeat(n int, code string) string { return assemble.Repeat(n, code) }
func localRuns(n ...uint32) []byte     { return assemble.LocalRuns(n...) }
func global(initial int64) []byte      { return assemble.Global(initial) }
