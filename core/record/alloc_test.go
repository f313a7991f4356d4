//go:build !race

package record_test

import (
	"testing"

	"github.com/jackdawmq/jackdaw/core/record"
)

// The race detector makes sync.Pool drop what it is given, so that this can only hold without it.
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
