package main

import (
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/jackdawmq/jackdaw/cmd/broker/doctor"
)

func TestDoctorCommand(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	taken := "127.0.0.1:" + strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	args := []string{"doctor", "--set", "log.dirs=" + t.TempDir(), "--set", "jackdaw.admin.listener=127.0.0.1:0"}

	healthy := cli(t, "", append(args, "--set", "listeners=PLAINTEXT://127.0.0.1:0")...)
	if healthy.code != exitOK || !strings.Contains(healthy.out, "listener PLAINTEXT") {
		t.Errorf("exit %d: %s%s", healthy.code, healthy.out, healthy.stderr)
	}
	sick := cli(t, "", append(args, "--set", "listeners=PLAINTEXT://"+taken, "--format", "json")...)
	var findings []doctor.Finding
	decode(t, sick.out, &findings)
	if sick.code != exitFailed || doctor.Worst(findings) != doctor.Problem {
		t.Errorf("exit %d: %s", sick.code, sick.out)
	}
	if wrong := cli(t, "", "doctor", "--set", "no.such.key=1"); wrong.code != exitMisuse {
		t.Errorf("exit %d: %s", wrong.code, wrong.stderr)
	}
}
