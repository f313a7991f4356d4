package api_test

import (
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/api"
)

func TestDecoded(t *testing.T) {
	handle := api.Decoded(func(_ *api.Call, req *kmsg.HeartbeatRequest) kmsg.Response {
		if req.Group == "none" {
			return nil
		}
		resp := kmsg.NewPtrHeartbeatResponse()
		resp.ErrorCode = int16(len(req.Group))
		return resp
	})
	body := func(group string) []byte { return (&kmsg.HeartbeatRequest{Version: 4, Group: group}).AppendTo(nil) }
	f := func(name string, body []byte, want int16) {
		t.Helper()
		c := &api.Call{Key: 12, Version: 4, Body: body}
		handle(c)
		if want < 0 {
			if !c.Response.Close || !c.Response.None || len(c.Response.Body) > 0 {
				t.Errorf("%s: %+v", name, c.Response)
			}
			return
		}
		resp := kmsg.HeartbeatResponse{Version: 4}
		if err := resp.ReadFrom(c.Response.Body); err != nil || resp.ErrorCode != want || c.Response.Close || c.Response.None {
			t.Errorf("%s: %+v, %v", name, resp, err)
		}
	}
	f("a request", body("group"), 5)
	f("cut short", body("group")[:3], -1)
	f("without an answer", body("none"), -1)
	f("well formed, but longer than 8 MiB", body(strings.Repeat("x", 8<<20)), -1)
}
