package wire_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"
	"pgregory.net/rapid"

	"github.com/jackdawmq/jackdaw/core/wire"
)

func TestTableAgreesWithKmsg(t *testing.T) {
	for key := range int16(kmsg.MaxKey + 1) {
		info, req := wire.LookupAPI(key), kmsg.RequestForKey(key)
		if info == nil {
			t.Fatalf("key %d is missing", key)
		}
		for version := range req.MaxVersion() + 1 {
			req.SetVersion(version)
			if info.Max >= info.Min && info.IsFlexible(version) != req.IsFlexible() {
				t.Errorf("%s version %d: flexible = %v", info.Name, version, info.IsFlexible(version))
			}
		}
		// kmsg has no InitProducerId version 6, which Kafka does not advertise either.
		if info.Max >= info.Min && info.Max != req.MaxVersion() && key != wire.InitProducerID {
			t.Errorf("%s: max %d, kmsg has %d", info.Name, info.Max, req.MaxVersion())
		}
	}
	if wire.LookupAPI(-1) != nil || wire.LookupAPI(kmsg.MaxKey+1) != nil {
		t.Error("keys out of range are known")
	}
	if name := wire.APIName(300); name != "300" {
		t.Errorf("APIName(300) = %q", name)
	}
}

func TestRequestHeaderReadsWhatKmsgWrites(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		req := kmsg.RequestForKey(rapid.Int16Range(8, kmsg.MaxKey).Draw(t, "key"))
		req.SetVersion(rapid.Int16Range(0, req.MaxVersion()).Draw(t, "version"))
		client := nullable(t, rapid.StringN(0, 100, 400), "client id")
		formatter := kmsg.NewRequestFormatter()
		if client != nil {
			formatter = kmsg.NewRequestFormatter(kmsg.FormatterClientID(*client))
		}
		frame := formatter.AppendRequest(nil, req, 77)[4:]
		h, body, err := wire.ParseRequestHeader(frame)
		if err != nil {
			t.Fatal(err)
		}
		if h.Key != req.Key() || h.Version != req.GetVersion() || h.CorrelationID != 77 ||
			(h.ClientID == nil) != (client == nil) || client != nil && string(h.ClientID) != *client {
			t.Fatalf("got %+v", h)
		}
		if !bytes.Equal(body, req.AppendTo(nil)) {
			t.Fatalf("body %x", body)
		}
	})
}

func TestRequestHeaderRules(t *testing.T) {
	for name, tc := range map[string]struct {
		frame []byte
		ok    bool
	}{
		"empty":                         {nil, false},
		"three bytes":                   {[]byte{0, 18, 0}, false},
		"no client id":                  {[]byte{0, 3, 0, 0, 0, 0, 0, 1}, false},
		"client id cut short":           {[]byte{0, 3, 0, 0, 0, 0, 0, 1, 0, 5, 'a'}, false},
		"null client id":                {[]byte{0, 3, 0, 0, 0, 0, 0, 1, 0xff, 0xff}, true},
		"client id length -5 is null":   {[]byte{0, 3, 0, 0, 0, 0, 0, 1, 0xff, 0xfb}, true},
		"unknown key":                   {[]byte{0, 95, 0, 0, 0, 0, 0, 1, 0xff, 0xff}, false},
		"negative key":                  {[]byte{0xff, 0xff, 0, 0, 0, 0, 0, 1, 0xff, 0xff}, false},
		"ApiVersions -1":                {[]byte{0, 18, 0xff, 0xff, 0, 0, 0, 1, 0xff, 0xff}, true},
		"ApiVersions 9 without tags":    {[]byte{0, 18, 0, 9, 0, 0, 0, 1, 0xff, 0xff}, false},
		"ApiVersions 9":                 {[]byte{0, 18, 0, 9, 0, 0, 0, 1, 0xff, 0xff, 0}, true},
		"unknown tag":                   {[]byte{0, 18, 0, 3, 0, 0, 0, 1, 0xff, 0xff, 1, 7, 2, 8, 9}, true},
		"tag longer than the frame":     {[]byte{0, 18, 0, 3, 0, 0, 0, 1, 0xff, 0xff, 1, 7, 9, 8, 9}, false},
		"more tags than the frame has":  {[]byte{0, 18, 0, 3, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 7}, false},
		"a varint of more than 5 bytes": {[]byte{0, 18, 0, 3, 0, 0, 0, 1, 0xff, 0xff, 0x80, 0x80, 0x80, 0x80, 0x80, 0}, false},
	} {
		_, _, err := wire.ParseRequestHeader(tc.frame)
		if (err == nil) != tc.ok || err != nil && !errors.Is(err, wire.ErrMalformed) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestResponseHeader(t *testing.T) {
	for _, tc := range []struct {
		key, version int16
		want         []byte
	}{
		{wire.Metadata, 8, []byte{0, 0, 0, 7, 0, 0, 0, 5}},
		{wire.Metadata, 9, []byte{0, 0, 0, 8, 0, 0, 0, 5, 0}},
		{wire.APIVersions, 4, []byte{0, 0, 0, 7, 0, 0, 0, 5}},
		{wire.SASLHandshake, 1, []byte{0, 0, 0, 7, 0, 0, 0, 5}},
	} {
		got := wire.AppendResponseHeader(nil, 5, wire.ResponseHeaderHasTags(tc.key, tc.version), 3)
		if !bytes.Equal(got, tc.want) {
			t.Errorf("%s version %d: %x, want %x", wire.APIName(tc.key), tc.version, got, tc.want)
		}
	}
}

func FuzzRequestHeader(f *testing.F) {
	f.Add([]byte{0, 18, 0, 3, 0, 0, 0, 1, 0, 1, 'a', 1, 7, 2, 8, 9, 1})
	f.Add([]byte{0, 0, 0, 9, 0, 0, 0, 1, 0xff, 0xff, 0})
	f.Fuzz(func(t *testing.T, frame []byte) {
		h, body, err := wire.ParseRequestHeader(frame)
		if err == nil && len(body)+len(h.ClientID)+10 > len(frame) {
			t.Fatalf("header and body have more bytes than the frame: %+v", h)
		}
	})
}
