package wasm

import (
	"bytes"
	"encoding/hex"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/core/record"
	"github.com/jackdawmq/jackdaw/sdk/abi"
)

var update = flag.Bool("update", false, "write the golden files")

// golden compares bytes with a dump in testdata: the layouts of the ABI are fixed.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name+".hex")
	dump := []byte(hex.Dump(got))
	if *update {
		if err := os.WriteFile(file, dump, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, dump) {
		t.Errorf("%s is\n%s\nwant\n%s", name, dump, want)
	}
}

const base = 0x1000

// dirty is an area that still holds what a guest left there.
func dirty(n int) []byte { return bytes.Repeat([]byte{0xee}, n) }

func TestEncodings(t *testing.T) {
	b := plugin.Binding{Kind: plugin.KindValueSerializer, Name: "geo", Target: "orders", Config: []byte(`{}`)}
	area := dirty(configureSize(&b))
	encodeConfigure(area, base, &b)
	golden(t, "configure", area)
	b.Config = nil
	area = dirty(configureSize(&b))
	encodeConfigure(area, base, &b)
	golden(t, "configure_null", area)

	batch := plugin.Batch{Topic: "orders", Partition: 2, NumPartitions: 6, BrokerTime: 0x0102030405060708, ClientID: "app", Records: []plugin.Record{
		{Key: []byte("k1"), Value: []byte("value"), Timestamp: -1, Headers: []record.RecordHeader{{Key: []byte("h"), Value: []byte("v")}, {Key: nil, Value: nil}}},
		{Key: nil, Value: []byte{}, Timestamp: 7},
	}}
	records := func(name string, l lens) {
		t.Helper()
		size := l.fixedSize(&batch)
		for i := range batch.Records {
			size += l.recordSize(&batch.Records[i])
		}
		area := dirty(size)
		if l.kind == plugin.KindPartitioner {
			l.encodeKeys(area, base, &batch, batch.Records)
		} else {
			l.encodeRecords(area, base, &batch, batch.Records)
		}
		golden(t, name, area)
	}
	records("records", lens{plugin.KindValueSerializer, abi.InterestAll})
	records("records_value_only", lens{plugin.KindValueSerializer, abi.InterestValue})
	records("records_of_keys", lens{plugin.KindKeySerializer, abi.InterestAll})
	records("keys", lens{plugin.KindPartitioner, abi.InterestKey})
	batch.ClientID = ""
	records("records_without_client", lens{plugin.KindValueSerializer, 0})

	g := sampleGroup()
	g.Share, g.Epoch = true, 5
	g.Topics[1].Racks = [][]string{{"r1", "r2"}, nil, {}, nil, nil, nil, {"r1"}}
	g.Topics[1].Assignable = []byte{0x7e}
	g.Members[1].InstanceID, g.Members[2].RackID = "static", "r2"
	g.Members[0].Owned = []plugin.Assigned{{Topic: 1, Partition: 3}}
	g.Members[2].Subscribed = []int32{1}
	l := layoutOf(g)
	area = dirty(l.size)
	l.encode(area, base, g)
	golden(t, "group", area)
}

// TestEncodersFillTheirSize: the size is computed apart from the encoding.
func TestEncodersFillTheirSize(t *testing.T) {
	for _, f := range []string{"records", "keys", "group"} {
		dump, err := os.ReadFile(filepath.Join("testdata", f+".hex"))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(dump), "ee ee") {
			t.Errorf("%s leaves bytes unwritten:\n%s", f, dump)
		}
	}
}
