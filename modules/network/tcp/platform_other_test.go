//go:build !linux

package tcp_test

const (
	detectsClosedPeers = false
	hasSendfile        = false
)
