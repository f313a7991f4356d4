package meter_test

import "github.com/jackdawmq/jackdaw/plugins/wasm/internal/assemble"

// The words of package assemble, short: the tests here are mostly made of them.
type (
	build    = assemble.Module
	function = assemble.Function
)

const (
	i32  = assemble.I32
	i64  = assemble.I64
	v128 = assemble.V128
)

func base() *build                     { return assemble.Base() }
func plugin() *build                   { return assemble.Plugin() }
func asm(code ...string) []byte        { return assemble.Assemble(code...) }
func repeat(n int, code string) string { return assemble.Repeat(n, code) }
func localRuns(n ...uint32) []byte     { return assemble.LocalRuns(n...) }
func global(initial int64) []byte      { return assemble.Global(initial) }
