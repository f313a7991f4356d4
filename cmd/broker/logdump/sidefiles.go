package logdump

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
)

// maxSideFile bounds an index or snapshot file, in bytes: Kafka's largest is 2 GiB by configuration, 10 MiB by default.
const maxSideFile = 256 << 20

// IndexEntry is an entry of an .index file: the batch that ends with Offset begins at Position in the .log file.
type IndexEntry struct {
	Offset   int64 `json:"offset"`
	Position int32 `json:"position"`
}

// TimeEntry is an entry of a .timeindex file: no record up to Offset is younger than Timestamp (milliseconds).
type TimeEntry struct {
	Timestamp int64 `json:"timestamp"`
	Offset    int64 `json:"offset"`
}

// AbortedTransaction is an entry of a .txnindex file.
type AbortedTransaction struct {
	Version          int16 `json:"version"`
	ProducerID       int64 `json:"producer_id"`
	FirstOffset      int64 `json:"first_offset"`
	LastOffset       int64 `json:"last_offset"`
	LastStableOffset int64 `json:"last_stable_offset"`
}

// ProducerEntry is an entry of a .snapshot file: the state of one producer.
type ProducerEntry struct {
	ProducerID       int64 `json:"producer_id"`
	Epoch            int16 `json:"producer_epoch"`
	LastSequence     int32 `json:"last_sequence"`
	LastOffset       int64 `json:"last_offset"`
	OffsetDelta      int32 `json:"offset_delta"`
	Timestamp        int64 `json:"timestamp"`
	CoordinatorEpoch int32 `json:"coordinator_epoch"`
	TxnFirstOffset   int64 `json:"txn_first_offset"` // -1 without an open transaction
}

// readSideFile reads a whole small file.
func readSideFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	raw, err := io.ReadAll(io.LimitReader(file, maxSideFile+1))
	if len(raw) > maxSideFile {
		return nil, fmt.Errorf("%s: longer than %d bytes, which no index is", path, maxSideFile)
	}
	return raw, err
}

// entries cuts raw into entries of a size. A rest at the end is an error that comes with the entries.
func entries(path string, raw []byte, size int) ([][]byte, error) {
	var list [][]byte
	for len(raw) >= size {
		list = append(list, raw[:size])
		raw = raw[size:]
	}
	if len(raw) > 0 {
		return list, fmt.Errorf("%s: %d bytes at the end are no whole entry", path, len(raw))
	}
	return list, nil
}

// Index reads an .index file. Entries of zeros are space that was allocated in advance: no batch at position 0 is indexed.
func Index(path string) ([]IndexEntry, error) {
	base, raw, err := openIndex(path)
	if err != nil {
		return nil, err
	}
	cut, err := entries(path, raw, 8)
	var list []IndexEntry
	for _, e := range cut {
		if isZero(e) {
			break
		}
		list = append(list, IndexEntry{base + int64(int32(binary.BigEndian.Uint32(e))), int32(binary.BigEndian.Uint32(e[4:]))})
	}
	return list, err
}

// TimeIndex reads a .timeindex file.
func TimeIndex(path string) ([]TimeEntry, error) {
	base, raw, err := openIndex(path)
	if err != nil {
		return nil, err
	}
	cut, err := entries(path, raw, 12)
	var list []TimeEntry
	for _, e := range cut {
		if isZero(e) {
			break
		}
		list = append(list, TimeEntry{int64(binary.BigEndian.Uint64(e)), base + int64(int32(binary.BigEndian.Uint32(e[8:])))})
	}
	return list, err
}

func openIndex(path string) (base int64, raw []byte, err error) {
	if base, err = BaseOffset(path); err != nil {
		return 0, nil, err
	}
	raw, err = readSideFile(path)
	return base, raw, err
}

// TransactionIndex reads a .txnindex file.
func TransactionIndex(path string) ([]AbortedTransaction, error) {
	raw, err := readSideFile(path)
	if err != nil {
		return nil, err
	}
	be := binary.BigEndian
	cut, err := entries(path, raw, 34)
	var list []AbortedTransaction
	for _, e := range cut {
		list = append(list, AbortedTransaction{int16(be.Uint16(e)), int64(be.Uint64(e[2:])), int64(be.Uint64(e[10:])),
			int64(be.Uint64(e[18:])), int64(be.Uint64(e[26:]))})
	}
	return list, err
}

// Layout of a producer snapshot: version i16, CRC-32C u32 of what follows, count i32, entries.
const (
	snapshotHead  = 10
	snapshotEntry = 8 + 2 + 4 + 8 + 4 + 8 + 4 + 8
)

var errSnapshot = errors.New("no producer snapshot of version 1, or a damaged one")

// Snapshot reads a .snapshot file.
func Snapshot(path string) ([]ProducerEntry, error) {
	raw, err := readSideFile(path)
	if err != nil {
		return nil, err
	}
	be := binary.BigEndian
	if len(raw) < snapshotHead || be.Uint16(raw) != 1 || int64(be.Uint32(raw[6:]))*snapshotEntry != int64(len(raw)-snapshotHead) ||
		be.Uint32(raw[2:]) != crc32.Checksum(raw[6:], crc32.MakeTable(crc32.Castagnoli)) {
		return nil, fmt.Errorf("%s: %w", path, errSnapshot)
	}
	cut, err := entries(path, raw[snapshotHead:], snapshotEntry)
	var list []ProducerEntry
	for _, e := range cut {
		list = append(list, ProducerEntry{
			ProducerID: int64(be.Uint64(e)), Epoch: int16(be.Uint16(e[8:])), LastSequence: int32(be.Uint32(e[10:])),
			LastOffset: int64(be.Uint64(e[14:])), OffsetDelta: int32(be.Uint32(e[22:])), Timestamp: int64(be.Uint64(e[26:])),
			CoordinatorEpoch: int32(be.Uint32(e[34:])), TxnFirstOffset: int64(be.Uint64(e[38:])),
		})
	}
	return list, err
}
