package meter

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/plugins/wasm/internal/binary"
)

// The modules that a plugin may import from.
const (
	hostImports = "jackdaw_1"
	wasiImports = "wasi_snapshot_preview1"
)

// injected starts every name that the rewriter adds.
const injected = "__jd_"

// marker starts the name of the export that tells the major version of the ABI.
const marker = "jd_abi_"

// Value types in a binary.FuncType.
const (
	i32 = "\x7f"
	i64 = "\x7e"
)

// exportType is the type that the ABI gives an exported function, and what the function lets a plugin do.
func exportType(name string) (t binary.FuncType, can plugin.Functions, known bool) {
	block := binary.FuncType{Params: i32 + i32, Results: i64} // an address and a length in, a result out
	switch name {
	case "_initialize":
		return binary.FuncType{}, 0, true
	case marker + "1", "jd_interest":
		return binary.FuncType{Results: i32}, 0, true
	case "jd_reserve":
		return binary.FuncType{Params: i32, Results: i32}, 0, true
	case "jd_configure":
		return block, 0, true
	case "jd_validate":
		return block, plugin.CanValidate, true
	case "jd_serialize":
		return block, plugin.CanSerialize, true
	case "jd_deserialize":
		return block, plugin.CanDeserialize, true
	case "jd_partition":
		return block, plugin.CanPartition, true
	case "jd_assign":
		return block, plugin.CanAssign, true
	}
	return binary.FuncType{}, 0, false
}

// importType is the type of a function that the host offers.
func importType(module, name string) (t binary.FuncType, known bool) {
	switch module {
	case hostImports:
		return hostType(name)
	case wasiImports:
		return wasiType(name)
	}
	return t, false
}

func hostType(name string) (t binary.FuncType, known bool) {
	switch name {
	case "log":
		return binary.FuncType{Params: i32 + i32 + i32}, true
	case "log_level":
		return binary.FuncType{Results: i32}, true
	case "error":
		return binary.FuncType{Params: i32 + i32}, true
	case "metric":
		return binary.FuncType{Params: i32 + i32 + i32, Results: i32}, true
	case "counter_add":
		return binary.FuncType{Params: i32 + i64}, true
	}
	return t, false
}

// wasiType has what Go (with fmt or encoding/json, which import os) and wasi-libc import even if a program uses no files.
func wasiType(name string) (t binary.FuncType, known bool) {
	switch name {
	case "sched_yield":
		return binary.FuncType{Results: i32}, true
	case "proc_exit":
		return binary.FuncType{Params: i32}, true
	case "fd_close":
		return binary.FuncType{Params: i32, Results: i32}, true
	case "args_get", "args_sizes_get", "environ_get", "environ_sizes_get", "random_get",
		"fd_fdstat_get", "fd_fdstat_set_flags", "fd_prestat_get":
		return binary.FuncType{Params: i32 + i32, Results: i32}, true
	case "fd_prestat_dir_name":
		return binary.FuncType{Params: i32 + i32 + i32, Results: i32}, true
	case "clock_time_get":
		return binary.FuncType{Params: i32 + i64 + i32, Results: i32}, true
	case "fd_write", "fd_read", "poll_oneoff":
		return binary.FuncType{Params: i32 + i32 + i32 + i32, Results: i32}, true
	case "fd_seek":
		return binary.FuncType{Params: i32 + i64 + i32 + i32, Results: i32}, true
	}
	return t, false
}

// shape notes what the module offers and returns why it is not a plugin.
func (m *Module) shape() (reasons []error) {
	reasons = append(m.importShape(), m.memoryShape()...)
	var markers []string
	for _, e := range m.decoded.Exports {
		if strings.HasPrefix(e.Name, injected) {
			reasons = append(reasons, fmt.Errorf("the export %s has a name that is reserved for the host", quoted(e.Name)))
		}
		if version, ok := strings.CutPrefix(e.Name, marker); ok {
			if _, err := strconv.ParseUint(version, 10, 32); err == nil {
				markers = append(markers, e.Name)
			}
		}
		want, can, known := exportType(e.Name)
		if !known {
			continue
		}
		if err := m.exported(e, want); err != nil {
			reasons = append(reasons, err)
		}
		m.Functions |= can
		m.Exports = append(m.Exports, e.Name)
	}
	slices.Sort(m.Exports)
	for i := range m.Exports[:max(0, len(m.Exports)-1)] {
		if m.Exports[i] == m.Exports[i+1] {
			reasons = append(reasons, fmt.Errorf("%s is exported twice", m.Exports[i]))
		}
	}
	return append(reasons, m.required(markers)...)
}

// Has tells whether the module exports a function of the ABI.
func (m *Module) Has(export string) bool {
	_, found := slices.BinarySearch(m.Exports, export)
	return found
}

func (m *Module) exported(e binary.Export, want binary.FuncType) error {
	if e.Kind != binary.ExternFunc {
		return fmt.Errorf("the export %s is a %s; it must be a function %s", e.Name, e.Kind, want)
	}
	if got, ok := m.decoded.FunctionType(e.Index); ok && got != want {
		return fmt.Errorf("the export %s has the type %s; it must be %s", e.Name, got, want)
	}
	return nil
}

func (m *Module) required(markers []string) (reasons []error) {
	if !m.Has(marker + "1") {
		if len(markers) > 0 {
			reasons = append(reasons, fmt.Errorf("the module is made for another version of the ABI (%s); this broker knows %s1",
				quoted(strings.Join(markers, ", ")), marker))
		} else {
			reasons = append(reasons, fmt.Errorf("the export %s1 is missing: it tells the version of the plugin ABI", marker))
		}
	}
	if !m.Has("jd_reserve") {
		reasons = append(reasons, fmt.Errorf("the export jd_reserve is missing: it gives the host room for its input"))
	}
	if m.Functions == 0 {
		reasons = append(reasons, fmt.Errorf("the module is no plugin of any kind: "+
			"it exports none of jd_validate, jd_serialize, jd_deserialize, jd_partition, jd_assign"))
	}
	commands := slices.ContainsFunc(m.decoded.Exports, func(e binary.Export) bool { return e.Name == "_start" })
	if commands && !m.Has("_initialize") {
		reasons = append(reasons, fmt.Errorf("the module is a command (it exports _start); a plugin is a reactor, "+
			"which exports _initialize or neither: build it with -mexec-model=reactor, -buildmode=c-shared or --no-entry"))
	}
	return reasons
}

func (m *Module) memoryShape() (reasons []error) {
	switch n := len(m.decoded.Memories); {
	case n == 0:
		reasons = append(reasons, fmt.Errorf("the module defines no memory"))
	case n > 1:
		reasons = append(reasons, fmt.Errorf("the module defines %d memories; plugins have one", n))
	}
	for _, e := range m.decoded.Exports {
		if e.Name != "memory" {
			continue
		}
		if e.Kind != binary.ExternMemory {
			reasons = append(reasons, fmt.Errorf("the export memory is a %s; it must be the memory", e.Kind))
		}
		return reasons
	}
	return append(reasons, fmt.Errorf("the export memory is missing"))
}

func (m *Module) importShape() (reasons []error) {
	var unknown []string
	for _, i := range m.decoded.Imports {
		name := quoted(i.Module + "." + i.Name)
		want, known := importType(i.Module, i.Name)
		switch {
		case i.Kind != binary.ExternFunc:
			reasons = append(reasons, fmt.Errorf("the %s %s is imported; plugins define their own", i.Kind, name))
		case !known:
			unknown = append(unknown, name)
		default:
			if got, ok := m.decoded.TypeAt(i.Type); ok && got != want {
				reasons = append(reasons, fmt.Errorf("the import %s has the type %s; it is %s", name, got, want))
			}
			m.WASI = m.WASI || i.Module == wasiImports
			m.Imports = append(m.Imports, Import{i.Module, i.Name})
		}
	}
	if len(unknown) > 0 {
		reasons = append(reasons, fmt.Errorf("the module imports what plugins are not given: %s", enumerate(unknown)))
	}
	return reasons
}

// enumerate lists names, not more than a person reads.
func enumerate(names []string) string {
	const most = 100
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}
