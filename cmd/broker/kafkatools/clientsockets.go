package kafkatools

import (
	"context"
	"crypto/tls"
	"net"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// connectOptions translates security.protocol, ssl.*, send.buffer.bytes and receive.buffer.bytes: how connections are opened.
func (p Properties) connectOptions() ([]kgo.Opt, error) {
	var config *tls.Config
	if protocol := strings.ToUpper(p["security.protocol"]); protocol == "SSL" || protocol == "SASL_SSL" {
		var err error
		if config, err = p.tlsConfig(); err != nil {
			return nil, err
		}
	}
	send, errSend := p.number("send.buffer.bytes", 32, -1)
	receive, errReceive := p.number("receive.buffer.bytes", 32, -1)
	timeout, errTimeout := p.millis("socket.connection.setup.timeout.ms", 10*time.Second)
	if err := firstError(errSend, errReceive, errTimeout); err != nil {
		return nil, err
	}
	switch {
	case send > 0 || receive > 0:
		dial := bufferedDialer{send: int(send), receive: int(receive), tls: config, Dialer: net.Dialer{Timeout: timeout}}
		return []kgo.Opt{kgo.Dialer(dial.connect)}, nil
	case config != nil:
		return []kgo.Opt{kgo.DialTLSConfig(config)}, nil
	}
	return nil, nil
}

// bufferedDialer opens connections whose buffers in the kernel have sizes of their own; 0 and less leave them to the system.
type bufferedDialer struct {
	net.Dialer
	send, receive int
	tls           *tls.Config // nil for none
}

func (d *bufferedDialer) connect(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if err := d.prepare(conn); err != nil {
		_ = conn.Close()
		return nil, err
	}
	if d.tls == nil {
		return conn, nil
	}
	config := d.tls.Clone()
	if config.ServerName == "" {
		if config.ServerName, _, err = net.SplitHostPort(address); err != nil {
			_ = conn.Close()
			return nil, err
		}
	}
	secure := tls.Client(conn, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return secure, nil
}

func (d *bufferedDialer) prepare(conn net.Conn) error {
	sized, ok := conn.(*net.TCPConn)
	if !ok {
		return nil
	}
	if d.send > 0 {
		if err := sized.SetWriteBuffer(d.send); err != nil {
			return err
		}
	}
	if d.receive > 0 {
		return sized.SetReadBuffer(d.receive)
	}
	return nil
}
