package api_test

import (
	"testing"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/vfs"
)

func TestRouterRefusesWhatItCannotServe(t *testing.T) {
	handle := func(*api.Call) {}
	for name, routes := range map[string][]api.Route{
		"two for one key": {{Key: 3, Max: 1, Handle: handle}, {Key: 3, Max: 1, Handle: handle}},
		"negative key":    {{Key: -1, Handle: handle}},
		"key too large":   {{Key: 128, Handle: handle}},
		"no handler":      {{Key: 3}},
		"no versions":     {{Key: 3, Min: 2, Max: 1, Handle: handle}},
	} {
		if _, err := api.NewRouter(routes...); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestRouterServes(t *testing.T) {
	var served []int16
	handle := func(c *api.Call) { served = append(served, c.Key) }
	router, err := api.NewRouter(api.Route{Key: 3, Min: 1, Max: 4, Handle: handle}, api.Route{Key: 18, Max: 4, Handle: handle})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		key, version int16
		served       bool
	}{
		{3, 1, true}, {3, 4, true}, {3, 0, false}, {3, 5, false}, {4, 0, false}, {-1, 0, false}, {200, 0, false},
		{18, 99, true}, // the handler of ApiVersions answers unknown versions itself
	} {
		call := &api.Call{Key: c.key, Version: c.version}
		served = nil
		router.Serve(call)
		if got := len(served) == 1; got != c.served {
			t.Errorf("key %d version %d: served %t, want %t", c.key, c.version, got, c.served)
		}
		if call.Response.Close == c.served {
			t.Errorf("key %d version %d: close is %t", c.key, c.version, call.Response.Close)
		}
	}
}

type counter int

func (c *counter) Release() { *c++ }

func TestResponseReleasesEachExtentOnce(t *testing.T) {
	var released counter
	r := &api.Response{Body: []byte("head")}
	r.Splice(vfs.MemExtent([]byte("one"), &released))
	r.Body = append(r.Body, "mid"...)
	r.Splice(vfs.MemExtent([]byte("three"), &released))
	if r.Size() != len("headonemidthree") {
		t.Errorf("size %d", r.Size())
	}
	if r.Splices[0].At != 4 || r.Splices[1].At != 7 {
		t.Errorf("splices at %d and %d", r.Splices[0].At, r.Splices[1].At)
	}
	r.Release()
	r.Release()
	if released != 2 {
		t.Errorf("released %d times, want 2", released)
	}
	r.Close, r.None = true, true
	r.Reset()
	if r.Close || r.None || len(r.Body) != 0 || len(r.Splices) != 0 {
		t.Errorf("after Reset: %+v", r)
	}
}
