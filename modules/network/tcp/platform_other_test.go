//go:build !linux

package tcp_test

const hasSendfile = false
