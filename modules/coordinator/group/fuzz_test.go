package group_test

import (
	"context"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/api"
)

// FuzzRequests serves any bytes as any request to a broker with a group: it answers or closes the connection, and the
// memory of the shard stays in order.
func FuzzRequests(f *testing.F) {
	for _, key := range []int16{8, 9, 11, 12, 13, 14, 15, 16, 42, 47} {
		req := kmsg.RequestForKey(key)
		for version := range req.MaxVersion() + 1 {
			fill(req, "g").SetVersion(version)
			f.Add(key, version, req.AppendTo(nil))
		}
	}
	f.Fuzz(func(t *testing.T, key, version int16, body []byte) {
		one(t, func(b *broker, _ *client) {
			ended, cancel := context.WithCancel(b.t.Context())
			cancel() // what would wait gives up
			call := &api.Call{Key: key, Version: version, Body: body, ClientID: "fuzz"}
			call.SetContext(ended)
			b.router.Serve(call)
			if call.Response.Close != (len(call.Response.Body) == 0) {
				b.t.Errorf("response %+v", call.Response)
			}
			if err := b.coord.Check(b.t.Context(), 0); err != nil {
				b.t.Error(err)
			}
		})
	})
}
