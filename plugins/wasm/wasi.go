package wasm

import (
	"encoding/binary"
	"strconv"

	"github.com/tetratelabs/wazero/api"
	"go.uber.org/zap/zapcore"

	"github.com/jackdawmq/jackdaw/plugins/wasm/internal/meter"
	"github.com/jackdawmq/jackdaw/sdk/abi"
)

// Error numbers of WASI preview 1.
const (
	wasiSuccess = 0
	wasiBadFile = 8
	wasiFault   = 21
	wasiInvalid = 28
	wasiNoSeek  = 70
)

// maxVectors bounds the lists that WASI calls take.
const maxVectors = 1024

// clockStep is by how many nanoseconds the monotonic clock moves with each reading. Go's garbage collector stops working
// when it moves by much more, and its start-up fails when it does not move at all.
const clockStep = 1_000

// wasiFunctions are the part of wasi_snapshot_preview1 that the runtimes of Go and wasi-libc import, as a stub: there are
// no arguments and no files, the clock stands still, and random numbers are always the same.
func wasiFunctions() []hostFunction {
	results := []api.ValueType{i32}
	two := []api.ValueType{i32, i32}
	return []hostFunction{
		{"sched_yield", nil, results, succeed},
		{"proc_exit", []api.ValueType{i32}, nil, func(*instance, api.Module, []uint64) { panic(errExited) }},
		{"args_get", two, results, succeed},
		{"args_sizes_get", two, results, wasiNoArguments},
		{"environ_get", two, results, wasiEnviron},
		{"environ_sizes_get", two, results, wasiEnvironSizes},
		{"clock_time_get", []api.ValueType{i32, i64, i32}, results, wasiClock},
		{"fd_write", []api.ValueType{i32, i32, i32, i32}, results, wasiWrite},
		{"random_get", two, results, wasiRandom},
		{"poll_oneoff", []api.ValueType{i32, i32, i32, i32}, results, wasiPoll},
		{"fd_close", []api.ValueType{i32}, results, descriptor(wasiSuccess)},
		{"fd_seek", []api.ValueType{i32, i64, i32, i32}, results, descriptor(wasiNoSeek)},
		{"fd_fdstat_get", two, results, wasiStat},
		{"fd_fdstat_set_flags", two, results, descriptor(wasiSuccess)},
		{"fd_read", []api.ValueType{i32, i32, i32, i32}, results, noFile}, // imported by whatever uses bufio
		{"fd_prestat_get", two, results, noFile},
		{"fd_prestat_dir_name", []api.ValueType{i32, i32, i32}, results, noFile},
	}
}

func succeed(_ *instance, _ api.Module, stack []uint64) { stack[0] = wasiSuccess }

func noFile(_ *instance, _ api.Module, stack []uint64) { stack[0] = wasiBadFile }

// descriptor answers for standard output and error, and refuses all other files.
func descriptor(errno uint64) func(*instance, api.Module, []uint64) {
	return func(_ *instance, _ api.Module, stack []uint64) {
		if fd := uint32(stack[0]); fd == 1 || fd == 2 {
			stack[0] = errno
		} else {
			stack[0] = wasiBadFile
		}
	}
}

// errnoOf turns whether all addresses were inside of the memory into a result.
func errnoOf(inside bool) uint64 {
	if inside {
		return wasiSuccess
	}
	return wasiFault
}

func wasiNoArguments(_ *instance, m api.Module, stack []uint64) {
	memory := m.Memory()
	stack[0] = errnoOf(memory.WriteUint32Le(uint32(stack[0]), 0) && memory.WriteUint32Le(uint32(stack[1]), 0))
}

// environment is all that a guest finds in its environment: Go's collector has to know the limit before it meets it.
func environment(memoryLimit int64) string {
	return "GOMEMLIMIT=" + strconv.FormatInt(memoryLimit/4*3, 10) + "\x00"
}

func wasiEnvironSizes(i *instance, m api.Module, stack []uint64) {
	memory := m.Memory()
	stack[0] = errnoOf(memory.WriteUint32Le(uint32(stack[0]), 1) &&
		memory.WriteUint32Le(uint32(stack[1]), uint32(len(i.pool.program.environment))))
}

func wasiEnviron(i *instance, m api.Module, stack []uint64) {
	memory := m.Memory()
	stack[0] = errnoOf(memory.WriteUint32Le(uint32(stack[0]), uint32(stack[1])) &&
		memory.WriteString(uint32(stack[1]), i.pool.program.environment))
}

func wasiClock(i *instance, m api.Module, stack []uint64) {
	var now int64
	switch uint32(stack[0]) {
	case 0:
		now = i.brokerTime * 1_000_000
	case 1:
		i.clock += clockStep
		now = i.clock
	default:
		stack[0] = wasiInvalid
		return
	}
	stack[0] = errnoOf(m.Memory().WriteUint64Le(uint32(stack[2]), uint64(now)))
}

// wasiWrite turns what is written to standard output and error into log lines.
func wasiWrite(i *instance, m api.Module, stack []uint64) {
	fd, vectors, count, written := uint32(stack[0]), uint32(stack[1]), uint32(stack[2]), uint32(stack[3])
	if fd != 1 && fd != 2 {
		stack[0] = wasiBadFile
		return
	}
	if count > maxVectors {
		stack[0] = wasiInvalid
		return
	}
	memory := m.Memory()
	list, inside := memory.Read(vectors, count*8)
	total := uint32(0)
	line := i.line[:0]
	for ; inside && len(list) > 0; list = list[8:] {
		n := binary.LittleEndian.Uint32(list[4:])
		var b []byte
		b, inside = memory.Read(binary.LittleEndian.Uint32(list), n)
		line = append(line, b[:min(len(b), abi.MaxMessage-len(line))]...)
		total += n
	}
	i.line = line
	i.tank.charge(m, meter.BytesFuel(count*8+uint32(len(line))))
	stack[0] = errnoOf(inside && memory.WriteUint32Le(written, total))
	if stack[0] == wasiSuccess {
		i.pool.log(zapcore.InfoLevel, line)
	}
}

// wasiRandom fills memory with the same numbers in every instance (xorshift64).
func wasiRandom(i *instance, m api.Module, stack []uint64) {
	n := uint32(stack[1])
	i.tank.charge(m, int64(n))
	b, inside := m.Memory().Read(uint32(stack[0]), n)
	for at := range b {
		i.random ^= i.random << 13
		i.random ^= i.random >> 7
		i.random ^= i.random << 17
		b[at] = byte(i.random)
	}
	stack[0] = errnoOf(inside)
}

// wasiPoll tells that everything that is waited for has happened.
func wasiPoll(i *instance, m api.Module, stack []uint64) {
	const subscription, event = 48, 32
	in, out, n := uint32(stack[0]), uint32(stack[1]), uint32(stack[2])
	if n > maxVectors {
		stack[0] = wasiInvalid
		return
	}
	i.tank.charge(m, int64(n)*(subscription+event))
	memory := m.Memory()
	subscriptions, inside := memory.Read(in, n*subscription)
	events, inside2 := memory.Read(out, n*event)
	if !inside || !inside2 {
		stack[0] = wasiFault
		return
	}
	for k := range int(n) {
		s := subscriptions[k*subscription:]
		userdata, kind := binary.LittleEndian.Uint64(s), s[8] // read first: the lists may overlap
		e := events[k*event:][:event]
		clear(e)
		binary.LittleEndian.PutUint64(e, userdata)
		e[10] = kind
	}
	stack[0] = errnoOf(memory.WriteUint32Le(uint32(stack[3]), n))
}

// wasiStat tells that standard output and error are terminals that can be written to.
func wasiStat(_ *instance, m api.Module, stack []uint64) {
	if fd := uint32(stack[0]); fd != 1 && fd != 2 {
		stack[0] = wasiBadFile
		return
	}
	const characterDevice, rightWrite = 2, 1 << 6
	b, inside := m.Memory().Read(uint32(stack[1]), 24)
	if inside {
		clear(b)
		b[0] = characterDevice
		binary.LittleEndian.PutUint64(b[8:], rightWrite)
	}
	stack[0] = errnoOf(inside)
}
