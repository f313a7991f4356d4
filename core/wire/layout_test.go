package wire_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/wire"
)

// check walks a body along the layout of a request in a version.
func check(key, version int16, body []byte) error {
	req := kmsg.RequestForKey(key)
	req.SetVersion(version)
	return wire.CheckLayout(req, body)
}

// fromClients are the keys of the requests that clients send and kmsg decodes.
var fromClients = []int16{2, 3, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 28, 29, 30, 31, 32,
	33, 34, 35, 36, 37, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 60, 61, 65, 66, 68, 69, 74, 75}

func TestLayoutOfEveryRequest(t *testing.T) {
	for _, key := range fromClients {
		req := kmsg.RequestForKey(key)
		for version := int16(0); version <= req.MaxVersion(); version++ {
			empty := kmsg.RequestForKey(key)
			empty.SetVersion(version)
			body := empty.AppendTo(nil)
			if err := check(key, version, body); err != nil {
				t.Errorf("%s v%d, empty: %v", wire.APIName(key), version, err)
			}
			for cut := range body {
				if err := check(key, version, body[:cut]); !errors.Is(err, wire.ErrMalformed) {
					t.Errorf("%s v%d: %d bytes of %d: error %v", wire.APIName(key), version, cut, len(body), err)
				}
			}
		}
	}
}

func TestLayoutRefusesLengthsThatCannotBe(t *testing.T) {
	for name, c := range map[string]struct {
		key, version int16
		body         []byte
		ok           bool
	}{
		"null topics":                  {3, 12, []byte{0, 0, 0, 0}, true},
		"bytes behind":                 {3, 12, []byte{0, 0, 0, 0, 1, 2, 3}, true},
		"a tag":                        {3, 12, []byte{0, 0, 0, 1, 7, 2, 'a', 'b'}, true},
		"four billion tags":            {3, 12, []byte{0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f}, false},
		"two billion tags":             {3, 12, []byte{0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x07}, false},
		"a tag that is not whole":      {3, 12, []byte{0, 0, 0, 1, 7, 3, 'a', 'b'}, false},
		"more topics than bytes":       {3, 12, []byte{0x7f, 0, 0, 0}, false},
		"more topics than fit":         {3, 1, []byte{0, 0, 0, 2, 0, 1, 'a'}, false},
		"a string longer than Kafka's": {3, 9, append([]byte{2, 0x81, 0x80, 2}, make([]byte, 1<<16)...), false},
	} {
		if err := check(c.key, c.version, c.body); (err == nil) != c.ok || !c.ok && !errors.Is(err, wire.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLayoutsDecode(t *testing.T) {
	layouts := wire.NewLayouts(kmsg.NewPtrMetadataRequest())
	want := kmsg.NewPtrMetadataRequest()
	want.Version, want.AllowAutoTopicCreation = 9, true
	body := want.AppendTo(nil)
	for range 2 { // the second time the layout is known
		got := kmsg.NewPtrMetadataRequest()
		got.Version = 9
		if err := layouts.Decode(got, body); err != nil || !got.AllowAutoTopicCreation {
			t.Errorf("decoded %+v, %v", got, err)
		}
		if err := layouts.Decode(got, body[:1]); !errors.Is(err, wire.ErrMalformed) {
			t.Errorf("a cut body: %v", err)
		}
	}
	for _, version := range []int16{-1, want.MaxVersion() + 1} {
		got := kmsg.NewPtrMetadataRequest()
		got.Version = version
		if err := layouts.Decode(got, body); !errors.Is(err, wire.ErrMalformed) {
			t.Errorf("version %d: %v", version, err)
		}
	}
}

// What passes, kmsg decodes in a time that its length explains.
func FuzzLayout(f *testing.F) {
	f.Add(int16(3), int16(12), []byte{0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x07})
	f.Add(int16(19), int16(7), []byte{2, 2, 'a', 0, 0, 0, 1, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, key, version int16, body []byte) {
		req := kmsg.RequestForKey(key)
		if !slices.Contains(fromClients, key) || version < 0 || version > req.MaxVersion() {
			return
		}
		if check(key, version, body) != nil {
			return
		}
		req.SetVersion(version)
		began := time.Now()
		_ = req.ReadFrom(body) // it may find more that is wrong
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%d bytes took %v", len(body), took)
		}
	})
}
