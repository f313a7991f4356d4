package doctor

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

var errNoOwner = errors.New("no process that this user may see listens there")

// portOwner finds the process that listens on a TCP port: /proc/net tells the socket, /proc/<pid>/fd who has it open.
func portOwner(port int32) (pid int, name string, err error) {
	var inode string
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		if inode = listeningInode(table, port); inode != "" {
			break
		}
	}
	if inode == "" {
		return 0, "", errNoOwner
	}
	descriptors, err := filepath.Glob("/proc/[0-9]*/fd/*")
	if err != nil {
		return 0, "", err
	}
	for _, path := range descriptors {
		if target, err := os.Readlink(path); err != nil || target != "socket:["+inode+"]" {
			continue
		}
		if _, err := fmt.Sscanf(path, "/proc/%d/fd/", &pid); err != nil {
			continue
		}
		comm, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
		return pid, strings.TrimSpace(string(comm)), err
	}
	return 0, "", errNoOwner
}

// listeningInode returns the inode of the socket that listens on port, "" for none.
func listeningInode(table string, port int32) string {
	file, err := os.Open(table)
	if err != nil {
		return ""
	}
	defer file.Close()
	const listening, fields = "0A", 10
	suffix := fmt.Sprintf(":%04X", port)
	for lines := bufio.NewScanner(file); lines.Scan(); {
		column := strings.Fields(lines.Text())
		if len(column) >= fields && column[3] == listening && strings.HasSuffix(column[1], suffix) {
			return column[9]
		}
	}
	return ""
}
