package kafkatools

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxLine bounds one line of standard input, in bytes, so that input without line ends can't take all memory. No broker takes a
// record of that size.
const maxLine = 256 << 20

// inputLine is a line of standard input, or the error that ended it.
type inputLine struct {
	text string
	err  error
}

// EachLine calls do for every line of standard input, without its end, until the input ends, do fails or ctx is done. A read of a
// terminal can't be interrupted, so a goroutine of its own reads; after an interrupt it ends with the next line, or with the
// process.
func EachLine(ctx context.Context, std Streams, do func(line string) error) error {
	lines, stop := make(chan inputLine), make(chan struct{})
	defer close(stop)
	go readLines(std, lines, stop)
	for {
		select {
		case <-ctx.Done():
			return nil
		case line := <-lines:
			if errors.Is(line.err, io.EOF) {
				return nil
			}
			if line.err != nil {
				return line.err
			}
			if err := do(line.text); err != nil {
				return err
			}
		}
	}
}

func readLines(std Streams, lines chan<- inputLine, stop <-chan struct{}) {
	buffered := bufio.NewReaderSize(std.In, 64<<10)
	for {
		if std.Prompt {
			std.printf(">")
		}
		text, err := readLine(buffered)
		select {
		case lines <- inputLine{text, err}:
		case <-stop:
			return
		}
		if err != nil {
			return
		}
	}
}

// readLine returns a line without its end; the last one may have none. io.EOF comes alone.
func readLine(r *bufio.Reader) (string, error) {
	var long []byte
	for {
		part, err := r.ReadSlice('\n')
		long = append(long, part...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			if len(long) > maxLine {
				return "", fmt.Errorf("a line of the input is longer than %d bytes", maxLine)
			}
			continue
		case err != nil && (!errors.Is(err, io.EOF) || len(long) == 0):
			return "", err
		}
		return strings.TrimSuffix(strings.TrimSuffix(string(long), "\n"), "\r"), nil
	}
}
