// Package binary reads and writes the binary format of WebAssembly 2.0 core modules, as far as the fuel rewriter needs it: all
// sections, and the operators of function bodies with their immediates. It checks the format and not the types of operands:
// that is the engine's validation.
//
// It is written for hostile input: no input makes it panic, and what it allocates is bounded by a small multiple of the input.
package binary

import (
	"bytes"
	"errors"
	"fmt"
)

// SectionID is the kind of a section.
type SectionID byte

// The sections of a module.
const (
	SectionCustom SectionID = iota
	SectionType
	SectionImport
	SectionFunction
	SectionTable
	SectionMemory
	SectionGlobal
	SectionExport
	SectionStart
	SectionElement
	SectionCode
	SectionData
	SectionDataCount
	sectionTag // exception handling
)

// order is the place of each section in a module: data count was added later and stands before the code.
var order = [...]int{1: 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, SectionDataCount: 10}

// ErrNotWasm refuses bytes that don't start as a WebAssembly binary.
var ErrNotWasm = errors.New("the file is not a WebAssembly binary: it does not start with \\0asm")

// ErrComponent refuses a component, which has the magic of a module and another layer number.
var ErrComponent = errors.New("the file is a WebAssembly component, not a core module: build it for a core target such as wasm32-unknown-unknown or wasip1")

// Section is the place of one section in a module.
type Section struct {
	Offset  int    // of Content in the module
	Content []byte // without id and size; nil if the module has no such section
}

// Count is the number of entries that a section of the vector kind declares, 0 when it is missing or malformed.
func (s Section) Count() uint32 {
	r := reader{data: s.Content}
	return r.u32()
}

// Sections are the known sections of a module, by SectionID, and the contents of its name section.
type Sections struct {
	known [sectionTag]Section
	names Section
}

// Section returns a section other than a custom one.
func (s *Sections) Section(id SectionID) Section { return s.known[id] }

// Split finds the sections of a module and allocates nothing for their contents.
func Split(wasm []byte) (*Sections, error) {
	if !bytes.HasPrefix(wasm, []byte("\x00asm")) {
		return nil, ErrNotWasm
	}
	if len(wasm) >= 8 && bytes.Equal(wasm[6:8], []byte{1, 0}) {
		return nil, ErrComponent
	}
	if len(wasm) < 8 || !bytes.Equal(wasm[4:8], []byte{1, 0, 0, 0}) {
		return nil, fmt.Errorf("the module's binary version is %x, and only version 1 is known", wasm[4:min(8, len(wasm))])
	}
	sections, last := &Sections{}, 0
	r := &reader{data: wasm, pos: 8}
	for r.err == nil && r.remaining() > 0 {
		at := r.pos
		id := SectionID(r.byte())
		content := r.bytes(r.u32())
		section := Section{Offset: r.pos - len(content), Content: content}
		switch {
		case r.err != nil:
		case id == SectionCustom:
			r.err = sections.custom(section)
		case id == sectionTag:
			r.pos = at
			r.unsupported("exception handling")
		case int(id) >= len(order):
			r.fail("unknown section %d", id)
		case order[id] <= last:
			r.fail("section %d stands twice or in the wrong order", id)
		default:
			sections.known[id], last = section, order[id]
		}
	}
	return sections, r.err
}

// custom keeps the first name section.
func (s *Sections) custom(section Section) error {
	r := &reader{data: section.Content, base: section.Offset}
	if r.name() == "name" && r.err == nil && s.names.Content == nil {
		s.names = Section{Offset: section.Offset + r.pos, Content: section.Content[r.pos:]}
	}
	return r.err
}
