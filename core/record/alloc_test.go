//go:build !race

package record_test

import (
	"testing"

	"github.com/jackdawmq/jackdaw/core/record"
)

// The race detector makes sync.Pool drop what it is given, so that these can only hold without it.
func TestValidateDoesNotAllocate(t *testing.T) {
	o := options(nil)
	for _, codec := range codecs {
		b := build(t, func(h *record.Header) { h.Attributes = int16(codec) }, fillMany(200))
		allocs := testing.AllocsPerRun(200, func() {
			if _, err := record.Validate(b, o, testTime); err != nil {
				t.Fatal(err)
			}
		})
		if allocs != 0 {
			t.Errorf("%v: %v allocations", codec, allocs)
		}
	}
}

func TestBuilderDoesNotAllocate(t *testing.T) {
	key, value := []byte("key"), text(500)
	for _, codec := range codecs {
		h := record.NewHeader()
		h.Attributes = int16(codec)
		var b record.Builder
		buffer := make([]byte, 0, 1<<20)
		allocs := testing.AllocsPerRun(200, func() {
			b.Reset(buffer[:0], h)
			for i := range int64(20) {
				b.Append(testTime+i, key, value, record.RecordHeader{Key: key, Value: value})
			}
			if _, err := b.Finish(); err != nil {
				t.Fatal(err)
			}
		})
		if allocs != 0 {
			t.Errorf("%v: %v allocations", codec, allocs)
		}
	}
}
