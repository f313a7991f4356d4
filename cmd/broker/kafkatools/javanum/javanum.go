// Package javanum prints floating point numbers as Java does, for tools whose output is compared with that of Java's.
package javanum

import (
	"math"
	"strconv"
	"strings"
)

// Double prints a number as Java's Double.toString does: 2048.0, 1.048576E7, Infinity.
func Double(v float64) string { return number(v, 64) }

// Float prints a number as Java's Float.toString does.
func Float(v float32) string { return number(float64(v), 32) }

// number switches to exponents where Java does: below a thousandth and from ten million on.
func number(v float64, bits int) string {
	switch size := math.Abs(v); {
	case math.IsInf(v, 1):
		return "Infinity"
	case math.IsInf(v, -1):
		return "-Infinity"
	case math.IsNaN(v):
		return "NaN"
	case v == 0 || size >= 1e-3 && size < 1e7:
		return withPoint(strconv.FormatFloat(v, 'f', -1, bits))
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(v, 'E', -1, bits), "E")
	power, _ := strconv.Atoi(exponent)
	return withPoint(mantissa) + "E" + strconv.Itoa(power)
}

func withPoint(digits string) string {
	if strings.Contains(digits, ".") {
		return digits
	}
	return digits + ".0"
}
