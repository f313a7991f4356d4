// Package examples_test runs the tests of the Go examples that are modules of their own, which `go test ./...` in the root
// does not enter.
package examples_test

import (
	"os/exec"
	"testing"
)

func TestLogModule(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "go", "test", "./...")
	cmd.Dir = "log-module"
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
