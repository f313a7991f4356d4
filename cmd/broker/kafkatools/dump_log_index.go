package kafkatools

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackdawmq/jackdaw/cmd/broker/logdump"
)

// dumpFaults are the differences that a run found, by file in the order of finding. They are printed at the end.
type dumpFaults struct {
	gaps       faultList // offsets that do not follow each other
	index      faultList
	timestamps faultList
	order      faultList
	offsets    faultList
}

type faultList struct {
	files []string
	pairs map[string][][2]int64
}

func (f *dumpFaults) add(list *faultList, file string, first, second int64) {
	file = absolute(file)
	if list.pairs == nil {
		list.pairs = map[string][][2]int64{}
	}
	if _, known := list.pairs[file]; !known {
		list.files = append(list.files, file)
	}
	list.pairs[file] = append(list.pairs[file], [2]int64{first, second})
}

func (f *dumpFaults) print(std Streams) {
	for _, part := range []struct {
		list        faultList
		title, line string
	}{
		{f.index, "Mismatches in :%s\n", "  Index offset: %d, log offset: %d\n"},
		{f.timestamps, "Found timestamp mismatch in :%s\n", "  Index timestamp: %d, log timestamp: %d\n"},
		{f.order, "Found out of order timestamp in :%s\n", "  Index timestamp: %d, Previously indexed timestamp: %d\n"},
		{f.offsets, "The following indexed offsets are not found in :%s\n", "Indexed offset: %d, found log offset: %d\n"},
		{f.gaps, "Non-consecutive offsets in %s\n", "  %d is followed by %d\n"},
	} {
		for _, file := range part.list.files {
			std.errorf(part.title, file)
			for _, pair := range part.list.pairs[file] {
				std.errorf(part.line, pair[0], pair[1])
			}
		}
	}
}

// absolute is Java's getAbsolutePath: the working directory before the path, and no dots resolved.
func absolute(file string) string {
	if dir, err := os.Getwd(); err == nil && !filepath.IsAbs(file) {
		return dir + string(filepath.Separator) + file
	}
	return file
}

// missing has Java's words for a file that is not there.
func missing(err error, file string) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("java.nio.file.NoSuchFileException: %s", file)
	}
	return err
}

func fileSize(file string) (int64, error) {
	info, err := os.Stat(file)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// segmentOf is the .log file beside an index. It must be there: Kafka's tool reads an index together with its log.
func segmentOf(index string) (string, error) {
	digits, _, _ := strings.Cut(filepath.Base(index), ".")
	segment := filepath.Join(filepath.Dir(index), digits+".log")
	_, err := os.Stat(segment)
	return segment, missing(err, absolute(segment))
}

// openIndex does what the two kinds of index have in common. entry is the size of an entry. done says that nothing is left to print.
func (d *logDumper) openIndex(file string, entry int64) (segment string, size int64, done bool, err error) {
	if _, err = baseOffset(file); err != nil {
		return "", 0, true, err
	}
	if segment, err = segmentOf(file); err != nil {
		return "", 0, true, err
	}
	if size, err = fileSize(file); err != nil {
		return "", 0, true, err
	}
	if size < entry {
		fmt.Fprintf(d.out, "%s is empty.\n", file)
		return segment, size, true, nil
	}
	return segment, size, false, nil
}

// dumpIndex prints an .index file and compares each entry with the batch that it points to.
func (d *logDumper) dumpIndex(file string) error {
	segment, size, done, err := d.openIndex(file, 8)
	if done || err != nil {
		return err
	}
	if d.line.has("index-sanity-check") {
		if size%8 != 0 {
			return fmt.Errorf("org.apache.kafka.storage.internals.log.CorruptIndexException: Index file %s is corrupt, found %d bytes which is neither positive nor a multiple of 8.", absolute(file), size)
		}
		fmt.Fprintf(d.out, "%s passed sanity check.\n", file)
		return nil
	}
	entries, err := logdump.Index(file)
	if err != nil && len(entries) == 0 {
		return err
	}
	if len(entries) == 0 { // space that was allocated in advance: its first zeros read as an entry
		base, _ := baseOffset(file)
		entries = []logdump.IndexEntry{{Offset: base}}
	}
	next := 0
	for batch, err := range logdump.Batches(segment) {
		if err != nil || next == len(entries) {
			break
		}
		for next < len(entries) && int64(entries[next].Position) <= batch.Position {
			e := entries[next]
			if batch.LastOffset != e.Offset {
				d.faults.add(&d.faults.index, file, e.Offset, batch.LastOffset)
			}
			d.printIndexEntry("offset: %d position: %d\n", e.Offset, int64(e.Position))
			next++
		}
	}
	if next < len(entries) {
		return fmt.Errorf("java.util.NoSuchElementException: no batch in %s at the position of an index entry, %d", segment, entries[next].Position)
	}
	return nil
}

func (d *logDumper) printIndexEntry(format string, first, second int64) {
	if !d.line.has("verify-index-only") {
		fmt.Fprintf(d.out, format, first, second)
	}
}

// dumpTimeIndex prints a .timeindex file and looks for each entry's record in the log.
func (d *logDumper) dumpTimeIndex(file string) error {
	segment, size, done, err := d.openIndex(file, 12)
	if done || err != nil {
		return err
	}
	entries, err := logdump.TimeIndex(file)
	if d.line.has("index-sanity-check") {
		return d.checkTimeIndex(file, entries, size, err)
	}
	if err != nil && len(entries) == 0 {
		return err
	}
	if len(entries) == 0 {
		base, _ := baseOffset(file)
		entries = []logdump.TimeEntry{{Offset: base}}
	}
	next, previous := 0, int64(-1)
	found := func(lastOffset, newest int64) {
		d.reportTimeEntry(file, entries[next], previous, lastOffset, newest)
		previous = entries[next].Timestamp
		next++
	}
	for batch, err := range logdump.Batches(segment) {
		if err != nil {
			break
		}
		for next < len(entries) && entries[next].Offset <= batch.LastOffset {
			newest, err := newestRecord(batch)
			if err != nil {
				return err
			}
			found(batch.LastOffset, newest)
		}
	}
	for next < len(entries) {
		found(-1, -1)
	}
	return nil
}

// reportTimeEntry prints an entry and compares it with the batch that it points to: its last offset and its newest record, both -1 when
// there is no such batch. previous is the timestamp of the entry before, -1 for none.
func (d *logDumper) reportTimeEntry(file string, e logdump.TimeEntry, previous, lastOffset, newest int64) {
	if lastOffset != e.Offset {
		d.faults.add(&d.faults.offsets, file, e.Offset, lastOffset)
	}
	if lastOffset >= 0 && newest != e.Timestamp {
		d.faults.add(&d.faults.timestamps, file, e.Timestamp, newest)
	}
	if lastOffset >= 0 && previous >= e.Timestamp {
		d.faults.add(&d.faults.order, file, e.Timestamp, previous)
	}
	d.printIndexEntry("timestamp: %d offset: %d\n", e.Timestamp, e.Offset)
}

// checkTimeIndex does what a broker checks when it starts; damage is what reading the index found.
func (d *logDumper) checkTimeIndex(file string, entries []logdump.TimeEntry, size int64, damage error) error {
	// Zeros behind the last entry are an older timestamp, so the index of an active segment does not pass in Kafka either.
	const corrupt = "org.apache.kafka.storage.internals.log.CorruptIndexException: "
	if damage != nil {
		return fmt.Errorf(corrupt+"Time index file %s is corrupt, found %d bytes which is neither positive nor a multiple of 12.", absolute(file), size)
	}
	if int64(len(entries)) < size/12 && len(entries) > 0 {
		return fmt.Errorf(corrupt+"Corrupt time index found, time index file (%s) has non-zero size but the last timestamp is 0 which is less than the first timestamp %d",
			absolute(file), entries[0].Timestamp)
	}
	fmt.Fprintf(d.out, "%s passed sanity check.\n", file)
	return nil
}

// newestRecord is the largest timestamp of the records that are left in a batch, -1 when compaction took all.
func newestRecord(batch logdump.Batch) (int64, error) {
	newest := int64(-1)
	err := batch.Records(func(r logdump.Record) error {
		newest = max(newest, r.Timestamp)
		return nil
	})
	return newest, err
}

// dumpTransactionIndex prints a .txnindex file. One that is not there is empty: a segment without aborted transactions has none.
func (d *logDumper) dumpTransactionIndex(file string) error {
	aborted, err := logdump.TransactionIndex(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, a := range aborted {
		fmt.Fprintf(d.out, "version: %d producerId: %d firstOffset: %d lastOffset: %d lastStableOffset: %d\n",
			a.Version, a.ProducerID, a.FirstOffset, a.LastOffset, a.LastStableOffset)
	}
	return err
}

// dumpSnapshot prints the state of producers. A damaged file is reported, and the run goes on.
func (d *logDumper) dumpSnapshot(file string, std Streams) error {
	entries, err := logdump.Snapshot(file)
	if errors.Is(err, fs.ErrNotExist) {
		return missing(err, file)
	}
	if err != nil {
		std.errorf("%v\n", err)
		return nil
	}
	for _, e := range entries {
		open := "OptionalLong.empty"
		if e.TxnFirstOffset >= 0 {
			open = fmt.Sprintf("OptionalLong[%d]", e.TxnFirstOffset)
		}
		fmt.Fprintf(d.out, "producerId: %d producerEpoch: %d coordinatorEpoch: %d currentTxnFirstOffset: %s lastTimestamp: %d ",
			e.ProducerID, e.Epoch, e.CoordinatorEpoch, open, e.Timestamp)
		if e.LastOffset >= 0 {
			fmt.Fprintf(d.out, "firstSequence: %d lastSequence: %d lastOffset: %d offsetDelta: %d timestamp: %d",
				addSequence(e.LastSequence, -e.OffsetDelta), e.LastSequence, e.LastOffset, e.OffsetDelta, e.Timestamp)
		}
		fmt.Fprintln(d.out)
	}
	return nil
}

// markerEpoch is the coordinator epoch in the value of a transaction marker: behind the version.
func markerEpoch(value []byte) int32 { return int32(binary.BigEndian.Uint32(value[2:])) }
