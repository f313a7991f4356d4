package tcp_test

import (
	"testing"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/wire"
	"github.com/jackdawmq/jackdaw/modules/network/tcp"
)

const hasSendfile = true

func TestRequestOfAClientThatWentAwayEnds(t *testing.T) {
	ended := make(chan struct{})
	s := serve(t, tcp.DefaultConfig(), answer(wire.Fetch, func(c *api.Call) {
		<-c.Context().Done()
		close(ended)
	}))
	c := dial(t, s.addr)
	c.send(wire.Fetch, 4, 1, nil)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	<-ended
}
