package tcp_test

const (
	detectsClosedPeers = true
	hasSendfile        = true
)
