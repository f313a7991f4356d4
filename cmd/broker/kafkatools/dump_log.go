package kafkatools

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/jackdawmq/jackdaw/cmd/broker/kafkatools/recordschema"
	"github.com/jackdawmq/jackdaw/cmd/broker/logdump"
	"github.com/jackdawmq/jackdaw/core/record"
)

func dumpLogOptions() optionSet {
	return optionSet{
		{name: "files", argument: requiredArgument, label: "file1, file2, ...", help: "REQUIRED: the files to print, separated by commas."},
		{name: "print-data-log", help: "Print the keys and values of records too."},
		{name: "deep-iteration", help: "Print a line for each record. The options that print contents do so anyway."},
		{name: "index-sanity-check", help: "Only check what a broker checks in an index when it starts."},
		{name: "verify-index-only", help: "Only compare an index with its log."},
		{name: "max-message-size", argument: requiredArgument, kind: integer, label: "size", fallback: "5242880", help: "Has no effect: batches of any size are read."},
		{name: "max-bytes", argument: requiredArgument, kind: integer, label: "size", fallback: strconv.Itoa(math.MaxInt32), help: "Read at most this many bytes of a .log file."},
		{name: "value-decoder-class", argument: requiredArgument, label: "class", help: "StringDecoder (the default), IntegerDecoder or LongDecoder."},
		{name: "key-decoder-class", argument: requiredArgument, label: "class", help: "StringDecoder (the default), IntegerDecoder or LongDecoder."},
		{name: "offsets-decoder", help: "Decode the records of __consumer_offsets."},
		{name: "transaction-log-decoder", help: "Decode the records of __transaction_state."},
		{name: "cluster-metadata-decoder", help: "Decode the records of __cluster_metadata."},
		{name: "remote-log-metadata-decoder", help: "Decode the records of __remote_log_metadata."},
		{name: "share-group-state-decoder", help: "Decode the records of __share_group_state."},
		{name: "skip-record-metadata", help: "Leave out what is known about each record, but print its contents."},
		{name: "help", help: "Show this text."},
		{name: "version", help: "Show the Kafka version that this tool follows."},
	}
}

// logDumper is one run of kafka-dump-log (org.apache.kafka.tools.DumpLogSegments).
type logDumper struct {
	line     *commandLine
	out      *bufio.Writer
	decode   recordDecoder         // nil prints no contents
	schemas  *recordschema.Decoder // of control records
	deep     bool
	maxBytes int64
	faults   dumpFaults
}

// runDumpLog reads files only. Damage that it finds is printed and leaves the exit code at 0, as Kafka's tool does; a file that can't be
// read as what its name says ends the run with 1.
func runDumpLog(ctx context.Context, args []string, std Streams) int {
	set := dumpLogOptions()
	line, code, done := set.start(args, "Print log segments and the files beside them, to find damage.", "Exception in thread \"main\" joptsimple.OptionException: ", std)
	if done {
		return code
	}
	if err := firstError(line.required("files"), line.checkTypes()); err != nil {
		return std.misuse(set, err.Error())
	}
	d := &logDumper{line: line, out: bufio.NewWriterSize(std.Out, 64<<10), maxBytes: line.number("max-bytes")}
	err := d.chooseDecoder()
	if err == nil {
		err = d.dumpAll(ctx, std)
	}
	if flushed := d.out.Flush(); err == nil {
		err = flushed
	}
	d.faults.print(std)
	switch {
	case err == nil:
		return exitOK
	case ctx.Err() != nil:
		return exitInterrupted
	}
	std.errorf("Exception in thread \"main\" %v\n", err)
	return exitFailed
}

func (d *logDumper) chooseDecoder() (err error) {
	if d.schemas, err = recordschema.New(); err != nil {
		return err
	}
	d.decode, err = newRecordDecoder(d.line, d.schemas)
	d.deep = d.decode != nil || d.line.has("deep-iteration")
	return err
}

func (d *logDumper) dumpAll(ctx context.Context, std Streams) error {
	for file := range strings.SplitSeq(d.line.value("files"), ",") {
		fmt.Fprintf(d.out, "Dumping %s\n", file)
		var err error
		switch filepath.Ext(file) {
		case ".log", ".checkpoint":
			err = d.dumpSegment(ctx, file)
		case ".index":
			err = d.dumpIndex(file)
		case ".timeindex":
			err = d.dumpTimeIndex(file)
		case ".snapshot":
			err = d.dumpSnapshot(file, std)
		case ".txnindex":
			err = d.dumpTransactionIndex(file)
		default:
			std.errorf("Ignoring unknown file %s\n", file)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// baseOffset reads the number before the first dot of a file's name, which may have fewer than 20 digits.
func baseOffset(file string) (int64, error) {
	digits, _, _ := strings.Cut(filepath.Base(file), ".")
	base, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("java.lang.NumberFormatException: For input string: %q", digits)
	}
	return base, nil
}

// printTitle says where the batches of a segment or snapshot begin, by the file's name.
func (d *logDumper) printTitle(file string) error {
	name := filepath.Base(file)
	if filepath.Ext(file) == ".log" {
		base, err := baseOffset(file)
		if err == nil {
			fmt.Fprintf(d.out, "Log starting offset: %d\n", base)
		}
		return err
	}
	if name == "bootstrap.checkpoint" {
		fmt.Fprintf(d.out, "KRaft bootstrap snapshot\n")
		return nil
	}
	form := regexp.MustCompile(`^(\d{20})-(\d{10})\.checkpoint$`).FindStringSubmatch(name)
	if form == nil {
		return errors.New("java.util.NoSuchElementException: No value present: the name of a snapshot is OFFSET-EPOCH.checkpoint with 20 and 10 digits")
	}
	offset, errOffset := strconv.ParseInt(form[1], 10, 64)
	epoch, errEpoch := strconv.ParseInt(form[2], 10, 32)
	fmt.Fprintf(d.out, "Snapshot end offset: %d, epoch: %d\n", offset, epoch)
	return firstError(errOffset, errEpoch)
}

// dumpSegment prints the batches of a segment, or of a snapshot of cluster metadata, which has the same form.
func (d *logDumper) dumpSegment(ctx context.Context, file string) error {
	if err := d.printTitle(file); err != nil {
		return err
	}
	valid, last := int64(0), int64(-1)
	for batch, err := range logdump.Batches(file) {
		if errors.Is(err, record.ErrShort) {
			break // trailing bytes
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return missing(err, file)
		}
		if batch.Position+int64(batch.Size) > d.maxBytes {
			return nil
		}
		d.printBatch(batch)
		if d.deep {
			if last, err = d.printRecords(file, batch, last); err != nil {
				return err
			}
		}
		valid = batch.Position + int64(batch.Size)
	}
	size, err := fileSize(file)
	if trailing := size - valid; err == nil && trailing > 0 && d.maxBytes == math.MaxInt32 {
		fmt.Fprintf(d.out, "Found %d invalid bytes at the end of %s\n", trailing, filepath.Base(file))
	}
	return err
}

func (d *logDumper) printBatch(b logdump.Batch) {
	h := b.Header()
	horizon, kind := "OptionalLong.empty", timestampType(&h)
	if h.HasDeleteHorizon() {
		horizon = fmt.Sprintf("OptionalLong[%d]", h.BaseTimestamp)
	}
	fmt.Fprintf(d.out, "baseOffset: %d lastOffset: %d count: %d baseSequence: %d lastSequence: %d producerId: %d producerEpoch: %d "+
		"partitionLeaderEpoch: %d isTransactional: %t isControl: %t deleteHorizonMs: %s position: %d %s: %d size: %d magic: %d compresscodec: %s crc: %d isvalid: %t\n",
		b.BaseOffset, b.LastOffset, b.Count, b.Sequence, addSequence(b.Sequence, h.LastOffsetDelta), b.ProducerID, b.Epoch,
		b.LeaderEpoch, h.IsTransactional(), h.IsControl(), horizon, b.Position, kind, b.MaxTimestamp, b.Size, h.Magic, b.Codec, h.CRC, b.Fault == "")
}

func timestampType(h *record.Header) string {
	if h.IsLogAppendTime() {
		return "LogAppendTime"
	}
	return "CreateTime"
}

// addSequence counts on from a sequence number, around the end of its range; -1 stays.
func addSequence(base, delta int32) int32 {
	if base < 0 {
		return -1
	}
	return int32((int64(base) + int64(delta)) & math.MaxInt32)
}

// printRecords prints a line for each record and returns the last offset. last is the one before the batch.
func (d *logDumper) printRecords(file string, b logdump.Batch, last int64) (int64, error) {
	h := b.Header()
	err := b.Records(func(r logdump.Record) error {
		if r.Offset != last+1 {
			d.faults.add(&d.faults.gaps, file, last, r.Offset)
		}
		last = r.Offset
		described := !d.line.has("skip-record-metadata")
		if described {
			d.out.WriteByte('|')
			d.printRecord(&h, r)
		}
		if d.decode != nil && !h.IsControl() {
			if err := d.printContents(r, described); err != nil {
				return err
			}
		}
		return d.out.WriteByte('\n')
	})
	return last, err
}

// printContents prints the decoded key and value. described says that the line has begun.
func (d *logDumper) printContents(r logdump.Record, described bool) error {
	key, payload, err := d.decode(r)
	if err != nil {
		return err
	}
	if (key != nil || payload != nil) && !described {
		d.out.WriteByte('|')
	}
	if key != nil {
		fmt.Fprintf(d.out, " key: %s", *key)
	}
	if payload != nil {
		fmt.Fprintf(d.out, " payload: %s", *payload)
	}
	return nil
}

func (d *logDumper) printRecord(h *record.Header, r logdump.Record) {
	names := make([]string, len(r.Headers))
	for i, header := range r.Headers {
		names[i] = string(header.Key)
	}
	fmt.Fprintf(d.out, " offset: %d %s: %d keySize: %d valueSize: %d sequence: %d headerKeys: [%s]",
		r.Offset, timestampType(h), r.Timestamp, sizeOf(r.Key), sizeOf(r.Value), addSequence(h.BaseSequence, int32(r.Offset-h.BaseOffset)), strings.Join(names, ","))
	if h.IsControl() {
		d.printControl(r)
	}
}

func (d *logDumper) printControl(r logdump.Record) {
	kind, err := record.ParseControlKey(r.Key)
	if err != nil {
		kind = record.ControlType(-1)
	}
	names := map[record.ControlType]string{record.ControlAbort: "ABORT", record.ControlCommit: "COMMIT"}
	if name := names[kind]; name != "" && len(r.Value) >= 6 {
		fmt.Fprintf(d.out, " endTxnMarker: %s coordinatorEpoch: %d", name, markerEpoch(r.Value))
		return
	}
	if text, ok := d.schemas.Control(int16(kind), r.Value); ok {
		fmt.Fprintf(d.out, " %s", text)
		return
	}
	fmt.Fprintf(d.out, " controlType: UNKNOWN(%d)", kind)
}

// sizeOf is the length of a key or value, -1 for null.
func sizeOf(b []byte) int {
	if b == nil {
		return -1
	}
	return len(b)
}
