package refusal

import "net"

// Watch returns a connection whose responses the log reads.
func (l *Log) Watch(c net.Conn) net.Conn { return l.watch(c) }
