package jackdaw

import "unsafe"

//go:wasmimport jackdaw_1 log
func jdLog(level int32, text unsafe.Pointer, size uint32)

//go:wasmimport jackdaw_1 log_level
func jdLogLevel() int32

//go:wasmimport jackdaw_1 error
func jdError(text unsafe.Pointer, size uint32)

//go:wasmimport jackdaw_1 metric
func jdMetric(kind int32, name unsafe.Pointer, size uint32) int32

//go:wasmimport jackdaw_1 counter_add
func jdCounterAdd(counter int32, n int64)

func pointer(s string) unsafe.Pointer { return unsafe.Pointer(unsafe.StringData(s)) }

func hostError(s string) { jdError(pointer(s), uint32(len(s))) }

func hostLog(level int32, s string) { jdLog(level, pointer(s), uint32(len(s))) }

func hostLogLevel() int32 { return jdLogLevel() }

func hostMetric(s string) int32 { return jdMetric(0, pointer(s), uint32(len(s))) }

func hostCounterAdd(counter int32, n int64) { jdCounterAdd(counter, n) }
