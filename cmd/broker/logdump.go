package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/jackdawmq/jackdaw/cmd/broker/logdump"
)

func newLogCommand(a *app) *cobra.Command {
	var records bool
	dump := &cobra.Command{
		Use: "dump FILE|DIR...", Short: "Print segment, index and snapshot files", Args: cobra.MinimumNArgs(1),
		Long: "Print the .log, .index, .timeindex, .txnindex, .snapshot and checkpoint files of a partition's directory, of Jackdaw or of\n" +
			"Apache Kafka. Exit code 1 says that a file is damaged.",
		Example: "  broker log dump data/orders-0\n  broker log dump data/orders-0/00000000000000000000.log --records --format json",
		RunE: func(_ *cobra.Command, args []string) error {
			files, err := dumpFiles(args)
			if err != nil {
				return err
			}
			var failures []error
			for i, file := range files {
				if a.global.format == formatTable && len(files) > 1 {
					if i > 0 {
						fmt.Fprintln(a.std.Out)
					}
					fmt.Fprintln(a.std.Out, file)
				}
				if err := a.dumpFile(file, records); err != nil {
					failures = append(failures, err)
				}
			}
			return errors.Join(failures...)
		},
	}
	dump.Flags().BoolVar(&records, "records", false, "print the records of .log files, one per line")
	return newParentCommand("log", "Look into the files of a broker that is down", dump, newLogVerifyCommand(a))
}

// dumpable are the endings of files that "log dump" reads, in the order in which it shows those of a segment.
func dumpable() []string {
	return []string{".log", ".index", ".timeindex", ".txnindex", ".snapshot", "-checkpoint", ".metadata"}
}

// dumpFiles replaces directories by the files in them that can be dumped.
func dumpFiles(args []string) ([]string, error) {
	var files []string
	for _, arg := range args {
		info, err := os.Stat(arg)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			files = append(files, arg)
			continue
		}
		entries, err := os.ReadDir(arg)
		if err != nil {
			return nil, err
		}
		known := len(files)
		for _, e := range entries {
			if slices.ContainsFunc(dumpable(), func(end string) bool { return strings.HasSuffix(e.Name(), end) }) {
				files = append(files, filepath.Join(arg, e.Name()))
			}
		}
		if len(files) == known {
			return nil, fmt.Errorf("%s holds no file that 'log dump' knows; is it the directory of a partition?", arg)
		}
	}
	return files, nil
}

func (a *app) dumpFile(path string, records bool) error {
	switch filepath.Ext(path) {
	case ".log":
		if records {
			return a.dumpRecords(path)
		}
		return a.dumpBatches(path)
	case ".index":
		list, err := logdump.Index(path)
		return firstOf(printRows(a, list,
			numbered("offset", func(e logdump.IndexEntry) int64 { return e.Offset }),
			numbered("position", func(e logdump.IndexEntry) int64 { return int64(e.Position) })), err)
	case ".timeindex":
		list, err := logdump.TimeIndex(path)
		return firstOf(printRows(a, list,
			numbered("timestamp", func(e logdump.TimeEntry) int64 { return e.Timestamp }),
			numbered("offset", func(e logdump.TimeEntry) int64 { return e.Offset })), err)
	case ".txnindex":
		list, err := logdump.TransactionIndex(path)
		type row = logdump.AbortedTransaction
		return firstOf(printRows(a, list,
			numbered("producer", func(e row) int64 { return e.ProducerID }),
			numbered("first offset", func(e row) int64 { return e.FirstOffset }),
			numbered("last offset", func(e row) int64 { return e.LastOffset }),
			numbered("last stable", func(e row) int64 { return e.LastStableOffset })), err)
	case ".snapshot":
		return a.dumpSnapshot(path)
	}
	return a.dumpText(path)
}

// numbered is a column of numbers.
func numbered[T any](title string, value func(T) int64) column[T] {
	return column[T]{title: title, number: true, value: func(row T) string { return strconv.FormatInt(value(row), 10) }}
}

func (a *app) dumpSnapshot(path string) error {
	list, err := logdump.Snapshot(path)
	if err != nil {
		return err
	}
	type row = logdump.ProducerEntry
	return printRows(a, list,
		numbered("producer", func(e row) int64 { return e.ProducerID }),
		numbered("epoch", func(e row) int64 { return int64(e.Epoch) }),
		numbered("last sequence", func(e row) int64 { return int64(e.LastSequence) }),
		numbered("last offset", func(e row) int64 { return e.LastOffset }),
		numbered("timestamp", func(e row) int64 { return e.Timestamp }),
		numbered("open transaction", func(e row) int64 { return e.TxnFirstOffset }))
}

// dumpText prints small text files: checkpoints and partition.metadata.
func (a *app) dumpText(path string) error {
	const most = 16 << 20
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Size() > most {
		return fmt.Errorf("%s: no file that 'log dump' knows", path)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if a.global.format == formatJSON {
		return a.printJSON(strings.Split(strings.TrimSuffix(string(raw), "\n"), "\n"))
	}
	_, err = fmt.Fprintf(a.std.Out, "%s\n", strings.TrimSuffix(string(raw), "\n"))
	return err
}

func (a *app) dumpBatches(path string) error {
	var list []logdump.Batch
	var failure error
	for batch, err := range logdump.Batches(path) {
		if err != nil {
			failure = err
			break
		}
		if batch.Fault != "" {
			failure = firstOf(failure, fmt.Errorf("%s at position %d: %s", path, batch.Position, batch.Fault))
		}
		list = append(list, batch)
	}
	type row = logdump.Batch
	text := func(title string, value func(row) string) column[row] { return column[row]{title: title, value: value} }
	return firstOf(printRows(a, list,
		numbered("position", func(b row) int64 { return b.Position }),
		text("offsets", func(b row) string { return fmt.Sprintf("%d-%d", b.BaseOffset, b.LastOffset) }),
		numbered("count", func(b row) int64 { return int64(b.Count) }),
		numbered("size", func(b row) int64 { return int64(b.Size) }),
		text("codec", func(b row) string { return b.Codec }),
		numbered("epoch", func(b row) int64 { return int64(b.LeaderEpoch) }),
		text("newest", func(b row) string { return timeText(b.MaxTimestamp) }),
		text("producer", func(b row) string { return producerText(b) }),
		text("flags", func(b row) string { return strings.Join(append(b.Flags, faultFlag(b)...), ",") })), failure)
}

func faultFlag(b logdump.Batch) []string {
	if b.Fault == "" {
		return nil
	}
	return []string{"BAD-CRC"}
}

func producerText(b logdump.Batch) string {
	if b.ProducerID < 0 {
		return "-"
	}
	return fmt.Sprintf("%d/%d seq %d", b.ProducerID, b.Epoch, b.Sequence)
}

func timeText(millis int64) string {
	if millis < 0 {
		return "-"
	}
	return time.UnixMilli(millis).UTC().Format("2006-01-02T15:04:05.000Z")
}

// dumpedRecord is a line of "log dump --records --format json".
type dumpedRecord struct {
	Offset      int64             `json:"offset"`
	Timestamp   int64             `json:"timestamp"`
	Key         *string           `json:"key"`
	KeyBase64   []byte            `json:"key_base64,omitempty"`
	Value       *string           `json:"value"`
	ValueBase64 []byte            `json:"value_base64,omitempty"`
	Headers     map[string]string `json:"headers,omitempty"`
	Control     string            `json:"control,omitempty"`
}

// dumpRecords streams: a segment may hold more records than memory.
func (a *app) dumpRecords(path string) error {
	out := bufio.NewWriterSize(a.std.Out, 64<<10)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	shown := a.startProgress("records")
	defer shown.stop()
	for batch, err := range logdump.Batches(path) {
		if err == nil {
			err = batch.Records(func(r logdump.Record) error {
				shown.add(1)
				if a.global.format == formatJSON {
					return encoder.Encode(newDumpedRecord(r))
				}
				_, err := fmt.Fprintf(out, "%d\t%s\t%s%s\t%s\n", r.Offset, timeText(r.Timestamp), controlPrefix(r), orNull(r.Key), orNull(r.Value))
				return err
			})
		}
		if err != nil {
			return errors.Join(out.Flush(), fmt.Errorf("%s: %w", path, err))
		}
	}
	return out.Flush()
}

func controlPrefix(r logdump.Record) string {
	if r.Control == "" {
		return ""
	}
	return "[" + r.Control + "] "
}

func newDumpedRecord(r logdump.Record) dumpedRecord {
	line := dumpedRecord{Offset: r.Offset, Timestamp: r.Timestamp, Control: r.Control}
	line.Key, line.KeyBase64 = textOrBytes(r.Key)
	line.Value, line.ValueBase64 = textOrBytes(r.Value)
	for _, h := range r.Headers {
		if line.Headers == nil {
			line.Headers = map[string]string{}
		}
		line.Headers[string(h.Key)] = string(h.Value)
	}
	return line
}
