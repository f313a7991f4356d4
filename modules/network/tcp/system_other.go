//go:build !linux

package tcp

import "net"

// peerGone is only known on Linux.
func peerGone(net.Conn) bool { return false }

// machineMemory is only known on Linux.
func machineMemory() uint64 { return 0 }
