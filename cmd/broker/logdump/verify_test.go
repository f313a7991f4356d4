package logdump_test

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jackdawmq/jackdaw/cmd/broker/logdump"
	"github.com/jackdawmq/jackdaw/core/record"
)

// TestVerify changes one file of a healthy partition at a time.
func TestVerify(t *testing.T) {
	const first, second = "00000000000000000100", "00000000000000000104"
	a, b, c := batch(t, 100, record.None, "1", "2"), batch(t, 102, record.Zstd, "3", "4"), batch(t, 104, record.None, "5")
	index := func(entries ...[2]int) (raw []byte) {
		for _, e := range entries {
			raw = binary.BigEndian.AppendUint32(raw, uint32(e[0]))
			raw = binary.BigEndian.AppendUint32(raw, uint32(e[1]))
		}
		return raw
	}
	times := func(entries ...[2]int) (raw []byte) {
		for _, e := range entries {
			raw = binary.BigEndian.AppendUint64(raw, uint64(e[0]))
			raw = binary.BigEndian.AppendUint32(raw, uint32(e[1]))
		}
		return raw
	}
	flip := func(raw []byte, at int) []byte {
		raw = slices.Clone(raw)
		raw[at] ^= 1
		return raw
	}
	whole := slices.Concat(a, b)
	f := func(name, file string, contents []byte, want string) {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "orders-0")
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			files := map[string][]byte{
				first + ".log": whole, first + ".index": index([2]int{3, len(a)}), first + ".timeindex": times([2]int{1001, 3}),
				second + ".log": c, // the active one has no indexes yet
			}
			files[file] = contents
			for name, contents := range files {
				if err := os.WriteFile(filepath.Join(dir, name), contents, 0o600); name != "" && err != nil {
					t.Fatal(err)
				}
			}
			found, err := logdump.Partitions(filepath.Dir(dir))
			if err != nil || len(found) != 1 {
				t.Fatalf("partitions %v, %v", found, err)
			}
			v, err := logdump.Verify(found[0], nil)
			if err != nil {
				t.Fatal(err)
			}
			if want == "" && len(v.Problems) > 0 || want != "" && (len(v.Problems) == 0 || !strings.Contains(v.Problems[0].Problem, want)) {
				t.Errorf("problems %+v, want %q", v.Problems, want)
			}
			if want == "" && (v.Batches != 3 || v.Records != 5 || v.Segments != 2 || v.Bytes != int64(len(whole)+len(c))) {
				t.Errorf("%+v", v)
			}
		})
	}
	f("whole", "", nil, "")
	f("zeros behind the entries", first+".index", append(index([2]int{3, len(a)}), make([]byte, 80)...), "")
	f("a byte of a value", first+".log", flip(whole, len(whole)-3), "stored crc")
	f("a base offset", first+".log", flip(whole, len(a)+7), "ends with offset 104")
	f("the end is torn", first+".log", whole[:len(whole)-5], "are left")
	f("two segments overlap", first+".log", slices.Concat(a, b, batch(t, 104, record.None, "x")), "the segment before reaches up to offset 104")
	f("below the base", second+".log", batch(t, 90, record.None, "x"), "where 104 is due")
	f("index without batch", first+".index", index([2]int{3, len(a) + 1}), "no batch begins")
	f("index of another batch", first+".index", index([2]int{2, len(a)}), "ends with offset 103")
	f("index goes back", first+".index", index([2]int{3, 0}, [2]int{3, len(a)}), "follows")
	f("index is torn", first+".index", index([2]int{3, len(a)})[:7], "no whole entry")
	f("time index goes back", first+".timeindex", times([2]int{1001, 1}, [2]int{1000, 3}), "follows")
	f("time index too low", first+".timeindex", times([2]int{900, 3}), "came before")
	f("time index too high", first+".timeindex", times([2]int{2000, 3}), "no record there has the timestamp 2000")
	f("time index of no batch", first+".timeindex", times([2]int{1001, -1}), "no record there has the timestamp")
	f("time index too long", first+".timeindex", times([2]int{1001, 3}, [2]int{2000, 9}), "ends with offset 103")
}

// TestVerifyWhatApacheKafkaWrote reads a compacted log and one that was not.
func TestVerifyWhatApacheKafkaWrote(t *testing.T) {
	var dirs []string
	for _, name := range []string{"kafka", "kafka-transactions", "kafka-markers"} {
		found, err := logdump.Partitions("../../../modules/log/segment/testdata/" + name)
		if err != nil || len(found) == 0 {
			t.Fatalf("%v, %v", found, err)
		}
		dirs = append(dirs, found...)
	}
	for _, dir := range dirs {
		if filepath.Base(dir)[:4] == "pass" {
			continue // only the batches
		}
		v, err := logdump.Verify(dir, nil)
		if err != nil || len(v.Problems) > 0 || v.Records == 0 {
			t.Errorf("%+v, %v", v, err)
		}
	}
}
