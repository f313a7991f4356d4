// Package jackdaw is the SDK for Jackdaw plugins in Go, for the standard toolchain and TinyGo. A plugin is a main package
// with a function that decides about one record, and an export that names it:
//
//	package main
//
//	import jackdaw "github.com/jackdawmq/jackdaw/sdk/go"
//
//	//go:wasmexport jd_validate
//	func validate(block, size uint32) uint64 { return jackdaw.Each(block, size, short) }
//
//	func short(r *jackdaw.Record, _ *jackdaw.Batch) jackdaw.Verdict {
//		if len(r.Value) > 1000 {
//			return jackdaw.Reject(1, "the value is too long")
//		}
//		return jackdaw.Keep()
//	}
//
//	func main() {}
//
// and is built with
//
//	GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -ldflags='-s -w' -o plugin.wasm
//
// The exports say what the plugin is: jd_validate, jd_serialize (a transform) and jd_deserialize call [Each],
// jd_partition calls [EachKey], jd_configure calls [Configure], and jd_interest returns what the host should copy. They
// stand in the plugin and not here, because a host takes a module for everything that it exports. sdk/README.md explains
// what a plugin may do.
package jackdaw

// Fields that jd_interest may ask for. Without that export the host copies all of them.
const (
	Key       = 1
	Value     = 2
	Headers   = 4
	Timestamp = 8
)

// Record is a record. Its bytes are valid during the call and may be changed. A serializer judges Value: bound to keys,
// it gets the key there. A nil key or value is null.
type Record struct {
	Key, Value []byte
	Headers    []Header
	Timestamp  int64 // milliseconds
}

// Header is a header of a record. A nil value is null.
type Header struct {
	Key, Value []byte
}

// Batch is what all records of a call have in common.
type Batch struct {
	Topic         string
	ClientID      string
	Time          int64 // of the broker, milliseconds; 0 for partitioners
	Partition     int32 // -1 for partitioners
	NumPartitions int32
}

// Config says to what the plugin is bound.
type Config struct {
	Kind    uint32 // 1 partitioner, 2 key serializer, 3 value serializer, 4 assignor
	Name    string
	Binding string // the topic or the group
	Config  []byte // JSON by convention; nil: none
}

// The classes of [Fail].
const (
	InvalidInput = 2
	OutOfMemory  = 3 // the host tries again with half of the records
	Internal     = 4
	Retriable    = 5 // the host tries again later
)

const (
	actionKeep = iota
	actionReplace
	actionDrop
	actionReject
	actionFail
)

// Verdict is the decision about one record.
type Verdict struct {
	action  uint32
	code    int32
	record  Record
	message string
}

// Keep leaves the record as it is.
func Keep() Verdict { return Verdict{} }

// Drop leaves the record out.
func Drop() Verdict { return Verdict{action: actionDrop} }

// Replace stores the key, value and headers of r instead.
func Replace(r Record) Verdict { return Verdict{action: actionReplace, record: r} }

// Reject refuses the record. The client gets the message; the code is the plugin's own number.
func Reject(code int32, message string) Verdict {
	return Verdict{action: actionReject, code: code, message: message}
}

// Fail ends the whole call: it is no verdict about the record.
func Fail(class int32, message string) Verdict {
	return Verdict{action: actionFail, code: class, message: message}
}
