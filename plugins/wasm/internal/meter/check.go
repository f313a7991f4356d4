// Package meter decides whether a WebAssembly module may be a plugin, and rewrites it so that it pays for what it does.
//
// Check runs before any engine sees the module: it reads the module within static limits, so that neither reading nor compiling
// it can exhaust the broker, and checks that it has the shape of the plugin ABI. Instrument then adds the fuel meter: the module
// itself subtracts from a counter, and calls the host when it is spent. So a plugin is stopped at the same operator on every
// machine, the host needs no timer, and a long call returns to Go often enough for the garbage collector.
package meter

import (
	"errors"
	"strconv"
	"strings"

	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/plugins/wasm/internal/binary"
)

// Module is a module that passed Check.
type Module struct {
	// Functions are what the module can do, at least one; its kinds follow from them.
	Functions plugin.Functions
	// Exports are the functions of the ABI and of WASI that it exports, sorted, such as "jd_validate" or "_initialize".
	Exports []string
	// Imports are the functions that it imports, in the module's order.
	Imports []Import
	// WASI tells whether it imports functions of wasi_snapshot_preview1.
	WASI bool
	// MemoryMin and MemoryMax are the bounds of its memory in pages of 64 KiB; the maximum is already lowered to the limit.
	MemoryMin, MemoryMax uint32
	// Used is how much of each limit it uses.
	Used Limits

	decoded *binary.Module
	size    int
}

// Import names an imported function.
type Import struct{ Module, Name string }

// Check reads a module and returns every reason to refuse it, one error each, joined. Reasons that can only be seen in a
// well-formed module are left out for a malformed one. The module keeps referring to wasm, which must not change.
func Check(wasm []byte, limits Limits) (*Module, error) {
	var u usage
	u.most.Size = uint64(len(wasm))
	if reasons := u.exceeded(limits); reasons != nil {
		return nil, errors.Join(reasons...)
	}
	sections, err := binary.Split(wasm)
	if err != nil {
		return nil, err
	}
	u.count(sections)
	if reasons := u.exceeded(limits); reasons != nil { // before anything is allocated for what is counted
		return nil, errors.Join(reasons...)
	}
	decoded, err := sections.Decode()
	if err != nil {
		return nil, err
	}
	u.declarations(decoded)
	bodies := checkCode(decoded, &u)
	m := &Module{Used: u.most, decoded: decoded, size: len(wasm)}
	reasons := append(u.exceeded(limits), bodies...)
	reasons = append(reasons, m.shape()...)
	if len(reasons) > 0 {
		return nil, errors.Join(shorten(reasons)...)
	}
	m.bound(limits)
	return m, nil
}

// maxReasons bounds what a refusal says: a hostile module can break a rule in each of 100,000 functions.
const maxReasons = 50

func shorten(reasons []error) []error {
	if len(reasons) <= maxReasons {
		return reasons
	}
	return append(reasons[:maxReasons:maxReasons], errors.New("and more"))
}

// quoted makes a name of the module fit for a message: names can be long and hold control characters.
func quoted(name string) string {
	const longest = 80
	if len(name) > longest {
		name = strings.ToValidUTF8(name[:longest], "") + "..."
	}
	q := strconv.Quote(name)
	if q == `"`+name+`"` {
		return name
	}
	return q
}

// count notes what the sections declare.
func (u *usage) count(s *binary.Sections) {
	of := func(id binary.SectionID) uint64 { return uint64(s.Section(id).Count()) }
	u.most.Types = of(binary.SectionType)
	u.most.Imports = of(binary.SectionImport)
	u.most.Functions = max(of(binary.SectionFunction), of(binary.SectionCode))
	u.most.Tables = of(binary.SectionTable)
	u.most.Globals = of(binary.SectionGlobal)
	u.most.Exports = of(binary.SectionExport)
	u.most.Segments = max(of(binary.SectionElement), of(binary.SectionData))
}

// declarations notes everything outside of function bodies.
func (u *usage) declarations(m *binary.Module) {
	for i, t := range m.Types {
		raise(&u.most.Params, &u.where.Params, uint64(len(t.Params)), i)
		raise(&u.most.Results, &u.where.Results, uint64(len(t.Results)), i)
	}
	for _, memory := range m.Memories {
		u.most.MemoryPages = max(u.most.MemoryPages, uint64(memory.Min))
	}
	for _, table := range m.Tables {
		u.most.TableEntries += uint64(table.Min)
	}
	for _, e := range m.Elements {
		u.most.Elements += uint64(e.Count)
	}
}

// bound lowers the maxima of the memory and the tables.
func (m *Module) bound(limits Limits) {
	for i := range m.decoded.Memories {
		lower(&m.decoded.Memories[i], limits.MemoryPages)
		m.MemoryMin, m.MemoryMax = m.decoded.Memories[i].Min, m.decoded.Memories[i].Max
	}
	for i := range m.decoded.Tables {
		lower(&m.decoded.Tables[i].Limits, limits.TableEntries)
	}
}

func lower(l *binary.Limits, limit uint64) {
	if !l.HasMax || uint64(l.Max) > limit {
		l.HasMax, l.Max = true, max(l.Min, uint32(limit))
	}
}
