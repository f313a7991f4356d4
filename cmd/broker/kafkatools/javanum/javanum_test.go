package javanum_test

import (
	"math"
	"testing"

	"github.com/jackdawmq/jackdaw/cmd/broker/kafkatools/javanum"
)

// What Java's toString of Double and Float (JDK 21) prints.
func TestNumbers(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0.0", 1: "1.0", 1024: "1024.0", 0.5: "0.5", 1e7: "1.0E7", 1048576e1: "1.048576E7", 9999999: "9999999.0", 0.001: "0.001",
		3.25e-7: "3.25E-7", -2.5: "-2.5", math.Inf(1): "Infinity", math.Inf(-1): "-Infinity", math.MaxFloat64: "1.7976931348623157E308",
	} {
		if got := javanum.Double(v); got != want {
			t.Errorf("Double(%v) is %s, want %s", v, got, want)
		}
	}
	if got := javanum.Double(math.NaN()); got != "NaN" {
		t.Error(got)
	}
	for v, want := range map[float32]string{0.1: "0.1", 1e7: "1.0E7", 3.4028235e38: "3.4028235E38", 16777216: "1.6777216E7"} {
		if got := javanum.Float(v); got != want {
			t.Errorf("Float(%v) is %s, want %s", v, got, want)
		}
	}
}
