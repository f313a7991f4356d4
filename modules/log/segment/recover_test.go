package segment_test

import (
	"bytes"
	"math"
	"slices"
	"testing"
)

// TestRecoveryCuts opens files that a crash left as the only segment of a log: what follows the last valid batch is cut off.
func TestRecoveryCuts(t *testing.T) {
	const file = "/data/orders-0/00000000000000000000.log"
	first, second, third := valueBatch(t, 0, 1000, 3, 50), valueBatch(t, 3, 1000, 2, 10), valueBatch(t, 5, 1000, 1, 10)
	damaged := bytes.Clone(second)
	damaged[len(damaged)-1] ^= 1
	f := func(name string, end int64, keep int, parts ...[]byte) {
		t.Run(name, func(t *testing.T) {
			whole := slices.Concat(parts...)
			disk := diskWith(t, map[string][]byte{"orders-0/00000000000000000000.log": whole})
			e, l, err := tryOpen(t, disk)
			if err != nil {
				t.Fatal(err)
			}
			if s := l.Status(); s.EndOffset != end || s.SizeBytes != int64(keep) {
				t.Errorf("the log ends at %d with %d bytes, want %d with %d", s.EndOffset, s.SizeBytes, end, keep)
			}
			stop(t, e)
			if got := readFrom(t, disk, file); !bytes.Equal(got, whole[:keep]) {
				t.Errorf("the file has %d bytes, want %d", len(got), keep)
			}
		})
	}
	two := len(first) + len(second)
	f("nothing", 5, two, first, second)
	f("a byte", 5, two, first, second, []byte{0})
	f("zeros", 5, two, first, second, make([]byte, 4096))
	f("a torn batch", 3, len(first), first, second[:len(second)-1])
	f("a header without records", 3, len(first), first, second[:61])
	f("a damaged batch and all after it", 3, len(first), first, damaged, third)
	f("an older batch", 5, two, first, second, first)
	f("the same batch again", 5, two, first, second, second)
	f("an offset that no index can hold", 3, len(first), first, valueBatch(t, math.MaxInt32+1, 1000, 1, 10))
	f("the last offset that an index can hold", math.MaxInt32+1, len(first)+len(third), first, valueBatch(t, math.MaxInt32, 1000, 1, 10))
	f("all", 0, 0, damaged)
}

// TestDamageOfDurableSegment opens a log that was closed properly, one of whose segments has since lost its index and its
// last batch. That costs the batch: the segments behind it were durable and stay. After a crash they would be of another
// history.
func TestDamageOfDurableSegment(t *testing.T) {
	first, second, third := valueBatch(t, 0, 1000, 3, 50), valueBatch(t, 3, 1000, 2, 10), valueBatch(t, 5, 1000, 1, 10)
	f := func(name string, clean bool, want int) {
		t.Run(name, func(t *testing.T) {
			files := map[string][]byte{
				"orders-0/00000000000000000000.log": slices.Concat(first, second[:len(second)-1]),
				"orders-0/00000000000000000005.log": third,
			}
			if clean {
				files[".kafka_cleanshutdown"] = []byte("{}")
			}
			_, l, err := tryOpen(t, diskWith(t, files))
			if err != nil {
				t.Fatal(err)
			}
			if got := len(batchesOf(t, l)); got != want {
				t.Errorf("%d batches, want %d", got, want)
			}
		})
	}
	f("closed properly", true, 2)
	f("crash", false, 1)
}
