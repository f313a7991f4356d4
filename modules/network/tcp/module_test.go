package tcp_test

import (
	"testing"

	"github.com/jackdawmq/jackdaw/core/module"
	"github.com/jackdawmq/jackdaw/modules/network/tcp"
)

func TestModuleDeclaresKafkaKeys(t *testing.T) {
	m := tcp.Module()
	if m.Kind != module.Network || m.Name != "tcp" {
		t.Errorf("module %s", m)
	}
	keys := map[string]string{}
	for _, s := range m.Settings() {
		keys[s.Name] = s.Default
	}
	for key, want := range map[string]string{
		"socket.request.max.bytes": "104857600", "queued.max.request.bytes": "-1", "connections.max.idle.ms": "600000",
		"max.connections": "2147483647", "max.connections.per.ip": "2147483647", "socket.send.buffer.bytes": "102400",
		"socket.receive.buffer.bytes": "102400",
	} {
		if keys[key] != want {
			t.Errorf("%s defaults to %q, want Kafka's %q", key, keys[key], want)
		}
	}
}
