package kafkatools

import (
	"math"
	"strconv"
	"strings"
)

// start parses args and answers --help and --version. done says that the tool has ended, with the exit code. The words
// before the message of a parse error differ between the tools.
func (s optionSet) start(args []string, about, beforeError string, std Streams) (line *commandLine, code int, done bool) {
	line, err := s.parse(args)
	if err != nil {
		std.errorf("%s%v\n", beforeError, err)
		return nil, exitFailed, true
	}
	if len(args) == 0 {
		return nil, std.misuse(s, about), true
	}
	code, done = std.helpOrVersion(line, about)
	return line, code, done
}

// openAdmin returns a client for the cluster that the options name.
func (c *commandLine) openAdmin() (*adminClient, error) {
	props, err := c.clientFiles()
	if err != nil {
		return nil, err
	}
	return newAdminClient(props, 0)
}

// javaDouble prints a number as Java's Double.toString does: 2048.0, 1.048576E7.
func javaDouble(v float64) string {
	if size := math.Abs(v); v == 0 || size >= 1e-3 && size < 1e7 || math.IsInf(v, 0) || math.IsNaN(v) {
		return strings.Replace(javaFloat(v, 64), "+Inf", "Infinity", 1)
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(v, 'E', -1, 64), "E")
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	power, _ := strconv.Atoi(exponent)
	return mantissa + "E" + strconv.Itoa(power)
}
