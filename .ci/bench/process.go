package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a running target.
type process struct {
	cmd  *exec.Cmd
	addr string // Kafka bootstrap address, or the floor's
}

// usage is CPU time in seconds.
type usage struct{ user, system float64 }

func (u usage) minus(v usage) usage { return usage{u.user - v.user, u.system - v.system} }
func (u usage) total() float64      { return u.user + u.system }

// ticks is USER_HZ, which is 100 on every Linux that Go runs on.
const ticks = 100

// cpu reads the CPU time that the process has used so far.
func (p *process) cpu() (usage, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return usage{}, err
	}
	// The command name may hold spaces; the fields after it start behind the last parenthesis.
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+2:]))
	user, err := strconv.ParseFloat(fields[11], 64)
	if err != nil {
		return usage{}, err
	}
	system, err := strconv.ParseFloat(fields[12], 64)
	return usage{user / ticks, system / ticks}, err
}

// settle waits until the process has finished what the work before left it: deleting files, writing checkpoints. It
// returns what it has used until then.
func (p *process) settle() (usage, error) {
	const look, quiet, patience = 250 * time.Millisecond, 0.03, 40 // an idle Apache Kafka takes up to two ticks in a look
	now, err := p.cpu()
	for range patience {
		if err != nil {
			break
		}
		before := now
		time.Sleep(look)
		if now, err = p.cpu(); now.minus(before).total() <= quiet {
			break
		}
	}
	return now, err
}

// rss returns the resident memory in bytes.
func (p *process) rss() (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	return kibField(text, "VmRSS:") << 10, nil
}

func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	_ = p.cmd.Wait()
}

// freeMemory returns the bytes of memory that are available.
func freeMemory() int64 {
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	return kibField(text, "MemAvailable:") << 10
}

func kibField(text []byte, name string) int64 {
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), name); ok {
			n, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
			return n
		}
	}
	return 0
}
