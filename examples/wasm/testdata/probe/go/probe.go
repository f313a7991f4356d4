// Probe uses everything that the SDK has. probe.vectors says what it does; the probes in C and Rust do the same.
package main

import (
	"errors"
	"slices"

	jackdaw "github.com/jackdawmq/jackdaw/sdk/go"
)

var (
	prefix   string
	replaced jackdaw.Counter
)

//go:wasmexport jd_configure
func jdConfigure(block, size uint32) uint64 { return jackdaw.Configure(block, size, configure) }

//go:wasmexport jd_interest
func jdInterest() int32 {
	return jackdaw.Key | jackdaw.Value | jackdaw.Headers | jackdaw.Timestamp
}

//go:wasmexport jd_validate
func jdValidate(block, size uint32) uint64 { return jackdaw.Each(block, size, serialize) }

//go:wasmexport jd_serialize
func jdSerialize(block, size uint32) uint64 { return jackdaw.Each(block, size, serialize) }

//go:wasmexport jd_deserialize
func jdDeserialize(block, size uint32) uint64 { return jackdaw.Each(block, size, deserialize) }

//go:wasmexport jd_partition
func jdPartition(block, size uint32) uint64 { return jackdaw.EachKey(block, size, partition) }

func configure(c jackdaw.Config) error {
	if c.Config == nil {
		return errors.New("there is no prefix")
	}
	prefix, replaced = string(c.Config), jackdaw.NewCounter("replaced")
	if jackdaw.LogLevel() <= jackdaw.Info {
		jackdaw.Log(jackdaw.Info, "configured")
	}
	return nil
}

func serialize(r *jackdaw.Record, b *jackdaw.Batch) jackdaw.Verdict {
	switch string(r.Value) {
	case "drop":
		return jackdaw.Drop()
	case "fail":
		return jackdaw.Fail(jackdaw.InvalidInput, "told to fail")
	case "null":
		return jackdaw.Replace(jackdaw.Record{Key: r.Key})
	case "same":
		return jackdaw.Replace(*r)
	case "reject":
		return jackdaw.Reject(-7, prefix+string(r.Key))
	case "replace":
		replaced.Add(1)
		out := jackdaw.Record{Value: []byte(prefix + b.Topic), Headers: slices.Clone(r.Headers)}
		slices.Reverse(out.Headers)
		out.Headers = append(out.Headers, jackdaw.Header{})
		if r.Key == nil {
			out.Key = []byte{}
		}
		return jackdaw.Replace(out)
	}
	return jackdaw.Keep()
}

func deserialize(r *jackdaw.Record, _ *jackdaw.Batch) jackdaw.Verdict {
	if r.Value == nil || r.Timestamp == 0 {
		return jackdaw.Keep()
	}
	slices.Reverse(r.Value) // in place: the input is the plugin's
	return jackdaw.Replace(*r)
}

func partition(key, value []byte, n int32) int32 {
	if key == nil {
		return -1
	}
	return int32(len(key)+len(value)) % n
}

func main() {}
