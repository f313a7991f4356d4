package binary

import (
	"errors"
	"math"
	"testing"
)

// TestUnsigned: numbers are read as the specification wants, not a bit more.
func TestUnsigned(t *testing.T) {
	for _, c := range []struct {
		in   string
		want uint32
		ok   bool
	}{
		{"\x00", 0, true},
		{"\x7f", 127, true},
		{"\x80\x01", 128, true},
		{"\x80\x00", 0, true}, // longer than needed is legal
		{"\xff\xff\xff\xff\x0f", math.MaxUint32, true},
		{"\x80\x80\x80\x80\x00", 0, true},
		{"\xff\xff\xff\xff\x1f", 0, false},         // 33 bits
		{"\x80\x80\x80\x80\x80\x00", 0, false},     // six bytes
		{"\x80", 0, false},                         // ends early
		{"", 0, false},                             //
		{"\xff\xff\xff\xff\xff\xff\xff", 0, false}, //
	} {
		r := &reader{data: []byte(c.in)}
		if got := r.u32(); got != c.want || (r.err == nil) != c.ok {
			t.Errorf("%x: %d, %v", c.in, got, r.err)
		}
	}
}

func TestSigned(t *testing.T) {
	for _, c := range []struct {
		in   string
		bits int
		want int64
		ok   bool
	}{
		{"\x00", 32, 0, true},
		{"\x7f", 32, -1, true},
		{"\x40", 33, -64, true},
		{"\xc0\x00", 32, 64, true},
		{"\xff\xff\xff\xff\x07", 32, math.MaxInt32, true},
		{"\x80\x80\x80\x80\x78", 32, math.MinInt32, true},
		{"\xff\xff\xff\xff\x0f", 32, 0, false}, // the sign does not go on
		{"\x80\x80\x80\x80\x08", 32, 0, false},
		{"\x80\x80\x80\x80\x70", 32, 0, false},
		{"\xff\xff\xff\xff\x0f", 33, math.MaxUint32, true},
		{"\xff\xff\xff\xff\x1f", 33, 0, false},
		{"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00", 64, math.MaxInt64, true},
		{"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x7f", 64, math.MinInt64, true},
		{"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 64, 0, false},
		{"\x80\x80\x80\x80\x80\x00", 32, 0, false},
		{"\x80\x80", 64, 0, false},
	} {
		r := &reader{data: []byte(c.in)}
		if got := r.signed(c.bits); got != c.want || (r.err == nil) != c.ok {
			t.Errorf("%x of %d bits: %d, %v", c.in, c.bits, got, r.err)
		}
	}
}

func TestSignedRoundTrip(t *testing.T) {
	for shift := range 64 {
		for _, v := range []int64{1 << shift, -1 << shift, 1<<shift - 1, -1<<shift - 1, math.MinInt64, math.MaxInt64} {
			r := &reader{data: AppendS64(nil, v)}
			if got := r.signed(64); got != v || r.remaining() > 0 || r.err != nil {
				t.Errorf("%d is read as %d, %v", v, got, r.err)
			}
		}
	}
}

// TestCount: a vector can't have more entries than there are bytes, so that nobody allocates for what is not there.
func TestCount(t *testing.T) {
	r := &reader{data: []byte{3, 0, 0, 0, 0, 0, 0}}
	if n := r.count(2); n != 3 || r.err != nil {
		t.Errorf("%d, %v", n, r.err)
	}
	for _, in := range []string{"\x04\x00\x00\x00\x00\x00\x00", "\xff\xff\xff\xff\x0f\x00\x00"} {
		r := &reader{data: []byte(in), base: 100}
		malformed := &MalformedError{}
		if n := r.count(2); n != 0 || !errors.As(r.err, &malformed) || malformed.Offset < 100 {
			t.Errorf("%x: %d, %v", in, n, r.err)
		}
	}
}

// TestErrorSticks: after an error every read is empty and the error stays the first one.
func TestErrorSticks(t *testing.T) {
	r := &reader{data: []byte{1, 2, 3, 4}}
	r.fail("first")
	if r.byte() != 0 || r.u32() != 0 || r.signed(64) != 0 || r.bytes(1) != nil || r.name() != "" || r.remaining() != 0 {
		t.Error("reads after an error")
	}
	if r.err.Error() != "the module is malformed at byte 0: first" {
		t.Error(r.err)
	}
}
