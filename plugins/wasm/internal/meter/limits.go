package meter

import "fmt"

// Limits bound what a module may contain, so that neither reading it nor compiling it can exhaust the broker. Every field is the
// largest value that is allowed; the same type also tells what a module uses.
type Limits struct {
	Size         uint64 // bytes of the binary
	MemoryPages  uint64 // pages of 64 KiB that the memory may have; a larger maximum is lowered to it
	Exports      uint64
	Imports      uint64
	Functions    uint64 // defined in the module
	Types        uint64
	Globals      uint64
	Segments     uint64 // data segments, and element segments
	Elements     uint64 // entries of all element segments
	Tables       uint64
	TableEntries uint64 // sum of the tables' minima; a table's maximum is lowered to the larger of this and its minimum
	Params       uint64 // of one function type
	Results      uint64 // of one function type
	ModuleLocals uint64 // of all functions
	GlobalUses   uint64 // mutable globals x functions

	// Per function. A compiler keeps locals and mutable globals in variables that every block, branch and call may have to join
	// or reload, so what makes compiling slow are products.
	Locals      uint64 // declared; 113 bytes can declare 4 G of them
	Body        uint64 // bytes
	Nesting     uint64 // of blocks
	Blocks      uint64 // blocks, loops, ifs and operators that work on many bytes or entries
	Loops       uint64 // loops alone: compiling takes the square of their number
	Branches    uint64 // to one label, those of tables not counted: the same
	JumpEntries uint64 // of all br_table
	LocalBlocks uint64 // (locals + parameters + mutable globals) x blocks
	LocalLoops  uint64 // the same x loops, whose variables cost the square of their number
	GlobalCalls uint64 // mutable globals x calls, metering included
	CallValues  uint64 // parameters and results of all calls, and the calls themselves
	Effort      uint64 // estimated steps of the compiler's search for variables, of about 10 ns
}

// DefaultLimits are the limits of ABI v1 for a memory of so many pages. Go guests with encoding/json, fmt, regexp and time need
// a tenth to a half of each. What they let through takes wazero up to a second or two a function (BenchmarkCompile);
// without them a module of 25 KB took 90 s, one of 540 KB 12 s and 1.2 GB.
func DefaultLimits(memoryPages uint32) Limits {
	return Limits{
		Size:         16 << 20,
		MemoryPages:  uint64(memoryPages),
		Exports:      10_000,
		Imports:      1_000,
		Functions:    100_000,
		Types:        100_000,
		Globals:      100_000,
		Segments:     100_000,
		Elements:     200_000,
		Tables:       16,
		TableEntries: 65_536,
		Params:       128,
		Results:      16,
		ModuleLocals: 1_000_000,
		GlobalUses:   2_000_000,

		Locals:      50_000,
		Body:        256 << 10,
		Nesting:     2_000,
		Blocks:      5_000,
		Loops:       1_000,
		Branches:    2_000,
		JumpEntries: 10_000,
		LocalBlocks: 50_000,
		LocalLoops:  20_000,
		GlobalCalls: 200_000,
		CallValues:  50_000,
		Effort:      10_000_000,
	}
}

// field is one limit: what it counts, in words that complete "the module has 12 ...".
type field struct {
	value *uint64
	what  string
	site  site
}

// site is what has too much of something.
type site byte

const (
	inModule site = iota
	inFunction
	inType
)

func (l *Limits) fields() []field {
	return []field{
		{&l.Size, "bytes", inModule},
		{&l.MemoryPages, "pages of memory at least", inModule},
		{&l.Exports, "exports", inModule},
		{&l.Imports, "imports", inModule},
		{&l.Functions, "functions", inModule},
		{&l.Types, "types", inModule},
		{&l.Globals, "globals", inModule},
		{&l.Segments, "data or element segments", inModule},
		{&l.Elements, "entries of element segments", inModule},
		{&l.Tables, "tables", inModule},
		{&l.TableEntries, "table entries at least", inModule},
		{&l.Params, "parameters", inType},
		{&l.Results, "results", inType},
		{&l.ModuleLocals, "locals in all functions", inModule},
		{&l.GlobalUses, "globals x functions", inModule},
		{&l.Locals, "locals", inFunction},
		{&l.Body, "bytes of code", inFunction},
		{&l.Nesting, "nested blocks", inFunction},
		{&l.Blocks, "blocks, loops, ifs and bulk operations", inFunction},
		{&l.Loops, "loops", inFunction},
		{&l.Branches, "branches to one label", inFunction},
		{&l.JumpEntries, "jump table entries", inFunction},
		{&l.LocalBlocks, "variables x blocks", inFunction},
		{&l.LocalLoops, "variables x loops", inFunction},
		{&l.GlobalCalls, "globals x calls", inFunction},
		{&l.CallValues, "parameters and results of calls", inFunction},
		{&l.Effort, "steps of compiling (variables x chained branches)", inFunction},
	}
}

// usage is what a module uses of its limits, and which function or type uses most of those that are counted for each.
type usage struct {
	most  Limits
	where Limits
}

// raise notes that function or type n has so much of what the field of u.most counts.
func raise(most, where *uint64, value uint64, n int) {
	if value > *most {
		*most, *where = value, uint64(n)
	}
}

// exceeded says which limits are passed, one sentence each.
func (u *usage) exceeded(limits Limits) (reasons []error) {
	used, where, allowed := u.most.fields(), u.where.fields(), limits.fields()
	for i, f := range used {
		if *f.value <= *allowed[i].value {
			continue
		}
		subject := [...]string{inModule: "the module", inFunction: "function %d", inType: "type %d"}[f.site]
		if f.site != inModule {
			subject = fmt.Sprintf(subject, *where[i].value)
		}
		reasons = append(reasons, fmt.Errorf("%s has %d %s; at most %d are allowed", subject, *f.value, f.what, *allowed[i].value))
	}
	return reasons
}
