//go:build !linux

package doctor

import "errors"

var errNoOwner = errors.New("unknown on this system")

// portOwner is known on Linux only.
func portOwner(int32) (pid int, name string, err error) { return 0, "", errNoOwner }
