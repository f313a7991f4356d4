package wasm

import "golang.org/x/sys/unix"

// noReserve: the limits of instances are enforced here, so their sum may exceed the machine's memory.
const noReserve = unix.MAP_NORESERVE
