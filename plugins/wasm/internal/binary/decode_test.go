package binary_test

import (
	"bytes"
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/jackdawmq/jackdaw/plugins/wasm/internal/binary"
)

// sections builds a module of sections, each given as its id and its content.
func sections(parts ...string) []byte {
	out := binary.AppendHeader(nil)
	for _, p := range parts {
		out = binary.AppendSection(out, binary.SectionID(p[0]), []byte(p[1:]))
	}
	return out
}

func decode(wasm []byte) (*binary.Module, error) {
	split, err := binary.Split(wasm)
	if err != nil {
		return nil, err
	}
	return split.Decode()
}

// small has one of everything.
func small() []byte {
	return sections(
		"\x01\x02\x60\x00\x00\x60\x02\x7f\x7e\x01\x7c",
		"\x02\x04\x01a\x01f\x00\x01\x01a\x01t\x01\x70\x00\x01\x01a\x01m\x02\x01\x01\x02\x01a\x01g\x03\x7f\x01",
		"\x03\x01\x00", "\x04\x01\x6f\x01\x02\x03", "\x05\x01\x00\x01", "\x06\x01\x7f\x01\x41\x07\x0b", "\x07\x01\x02hi\x00\x01", "\x08\x01",
		"\x09\x03\x00\x41\x00\x0b\x01\x00\x05\x70\x02\xd2\x00\x0b\xd0\x70\x0b\x02\x01\x41\x00\x0b\x00\x01\x01", "\x0c\x02",
		"\x0a\x01\x06\x01\x03\x7f\x01\x01\x0b", "\x0b\x02\x00\x41\x08\x0b\x02ab\x01\x01c",
		"\x00\x04name\x01\x07\x01\x01\x04main",
	)
}

func TestDecode(t *testing.T) {
	m, err := decode(small())
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Types) != 2 || m.Types[1].String() != "(i32, i64) -> f64" || m.ImportedFunctions() != 1 || len(m.Imports) != 4 {
		t.Errorf("types %v, imports %v", m.Types, m.Imports)
	}
	if ft, ok := m.FunctionType(0); !ok || ft != m.Types[1] {
		t.Errorf("type of the import: %v", ft)
	}
	if ft, ok := m.FunctionType(1); !ok || ft != m.Types[0] {
		t.Errorf("type of the function: %v", ft)
	}
	if _, ok := m.FunctionType(2); ok {
		t.Error("a function that is not there has a type")
	}
	if m.Tables[0] != (binary.Table{Type: binary.ExternRef, Limits: binary.Limits{Min: 2, Max: 3, HasMax: true}}) {
		t.Errorf("table %+v", m.Tables[0])
	}
	if g := m.Globals[0]; g.Type != binary.I32 || !g.Mutable || g.Init.Op != binary.OpI32Const {
		t.Errorf("global %+v", g)
	}
	if m.Exports[0] != (binary.Export{Name: "hi", Index: 1}) || !m.HasStart || m.Start != 1 || !m.HasCount || m.DataCount != 2 {
		t.Errorf("export %+v, start %d, data count %d", m.Exports[0], m.Start, m.DataCount)
	}
	if e := m.Elements; e[0].Count != 1 || !e[0].Active() || e[1].Count != 2 || e[1].Active() || e[2].Table != 1 {
		t.Errorf("elements %+v", e)
	}
	var entries []binary.Opcode
	m.Elements[1].Entries(func(e binary.ConstExpr) { entries = append(entries, e.Op) })
	if len(entries) != 2 || entries[0] != binary.OpRefFunc || entries[1] != binary.OpRefNull {
		t.Errorf("entries %v", entries)
	}
	if m.Bodies[0].Locals != 3 || string(m.Data[0].Init) != "ab" || m.Data[1].Flags != 1 || m.Names[1] != "main" {
		t.Errorf("body %+v, data %q, names %v", m.Bodies[0], m.Data[0].Init, m.Names)
	}
}

func TestMalformed(t *testing.T) {
	for name, c := range map[string]struct {
		wasm []byte
		want string
	}{
		"section order":         {sections("\x03\x00", "\x01\x00"), "wrong order"},
		"section twice":         {sections("\x01\x00", "\x01\x00"), "stands twice"},
		"data count late":       {sections("\x0a\x00", "\x0c\x00"), "wrong order"},
		"unknown section":       {sections("\x0e\x00"), "unknown section 14"},
		"section too long":      {append(sections(), 1, 5, 0), "5 bytes are declared and 1 are left"},
		"section goes on":       {sections("\x01\x00\x00"), "goes on after its contents"},
		"custom without name":   {sections("\x00\x05a"), "5 bytes are declared"},
		"custom name":           {sections("\x00\x01\xff"), "not valid UTF-8"},
		"types beyond the end":  {sections("\x01\xff\xff\xff\xff\x0f"), "4294967295 entries does not fit"},
		"bodies missing":        {sections("\x01\x01\x60\x00\x00", "\x03\x01\x00"), "more function declarations than bodies"},
		"body without end":      {sections("\x01\x01\x60\x00\x00", "\x03\x01\x00", "\x0a\x01\x02\x00\x01"), "does not end"},
		"value type":            {sections("\x01\x01\x60\x01\x11\x00"), "unknown value type 0x11"},
		"maximum below minimum": {sections("\x05\x01\x01\x02\x01"), "a maximum of 1 is below"},
		"not a constant":        {sections("\x06\x01\x7f\x00\x20\x00\x0b"), "0x20 is not constant"},
		"table of numbers":      {sections("\x04\x01\x7f\x00\x00"), "i32 is not a reference type"},
	} {
		_, err := decode(c.wasm)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAllSections: what is wrong in one section does not hide what is wrong in another.
func TestAllSections(t *testing.T) {
	_, err := decode(sections("\x01\x01\x61\x00\x00", "\x05\x01\x03\x01\x01", "\x06\x01\x11\x00\x0b\x0b"))
	for _, want := range []string{"unknown form of type 0x61", "threads", "unknown value type 0x11"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in %v", want, err)
		}
	}
	if _, ok := errors.AsType[*binary.FeatureError](err); !ok {
		t.Error("no FeatureError")
	}
}

// TestNames: a name section has no meaning, so a bad one is ignored, and one that names millions costs nothing.
func TestNames(t *testing.T) {
	for _, content := range []string{"", "\x01", "\x01\x05\x02\x00", "\x01\xff\xff\xff\xff\x0f", "\x01\x04\x01\x09\x01x", "\x02\x01\x00"} {
		m, err := decode(sections("\x00\x04name" + content))
		if err != nil || len(m.Names) != 0 {
			t.Errorf("%x: %v, %v", content, m.Names, err)
		}
	}
}

// FuzzDecode walks whatever can be decoded, and holds the decoder to its bound of memory.
func FuzzDecode(f *testing.F) {
	f.Add(small())
	f.Add(sections("\x01\x01\x60\x00\x00", "\x03\x01\x00", "\x0a\x01\x10\x00\x02\x40\x03\x7f\x41\x01\x0e\x01\x00\x01\x0b\x1a\x0b\xfc\x0b\x00\x0b"))
	f.Fuzz(func(t *testing.T, wasm []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		m, err := decode(wasm)
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > uint64(64*len(wasm)+64<<10) {
			t.Errorf("%d bytes allocated for %d", got, len(wasm))
		}
		if err != nil {
			return
		}
		for i := range m.Bodies {
			walk(t, &m.Bodies[i])
		}
		for i := range m.Elements {
			entries := 0
			m.Elements[i].Entries(func(binary.ConstExpr) { entries++ })
			if entries != m.Elements[i].Count {
				t.Errorf("%d entries of %d", entries, m.Elements[i].Count)
			}
		}
	})
}

// walk checks that the operators of a body follow each other without gaps.
func walk(t *testing.T, body *binary.Body) {
	w, at := body.Walk(), body.Code
	var op binary.Operator
	for w.Next(&op) {
		if op.Start != at || op.End <= op.Start {
			t.Fatalf("operator at [%d, %d) follows %d", op.Start, op.End, at)
		}
		at = op.End
		if op.Code == binary.OpBrTable {
			labels := 0
			for range w.Labels(&op) {
				labels++
			}
			if labels != int(op.Index)+1 {
				t.Fatalf("%d labels of %d", labels, op.Index)
			}
		}
		if short := binary.AppendOp(nil, op.Code); !bytes.HasPrefix(body.Raw[op.Start:op.End], short) {
			t.Fatalf("opcode %#x is %x", uint32(op.Code), body.Raw[op.Start:op.End])
		}
	}
	if w.Err() == nil && at != len(body.Raw) {
		t.Fatalf("the walk ends at %d of %d", at, len(body.Raw))
	}
}
