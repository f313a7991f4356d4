package main

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/plugins/wasm"
	"github.com/jackdawmq/jackdaw/sdk/vectors"
)

// benchRow is how fast a plugin is with batches of a size.
type benchRow struct {
	Batch         int     `json:"batch"`
	Records       int     `json:"records"`
	NsPerRecord   float64 `json:"ns_per_record"`
	RecordsPerSec float64 `json:"records_per_second"`
	MBPerSec      float64 `json:"mb_per_second"`
	FuelPerRecord float64 `json:"fuel_per_record"`
	HostShare     float64 `json:"host_share"` // of the time of calls: what is not the plugin's own
	Memory        int64   `json:"memory"`     // bytes of its instances
	Rejected      uint64  `json:"rejected"`
	Failures      uint64  `json:"failures"`
}

type benchFlags struct {
	pluginCall
	vectors  string
	size     int
	duration time.Duration
}

func newPluginBenchCommand(a *app) *cobra.Command {
	var flags benchFlags
	cmd := &cobra.Command{
		Use: "bench FILE", Short: "Measure how fast a plugin is, without a broker", Args: cobra.ExactArgs(1),
		Long: "Measure how fast a plugin is on one processor, without a broker: batches of 1, 10, 100 and 1000 records, made of the plugin's test\n" +
			"vectors, or of JSON objects where there are none. 'In the host' is the share of a call that is the broker's work:\n" +
			"handing the records over, and checking what comes back. Fuel is work in WebAssembly instructions, the same on every machine.",
		ValidArgsFunction: completeModules,
		RunE: func(cmd *cobra.Command, args []string) error {
			b, err := readModule(args[0])
			if err != nil {
				return err
			}
			groups, err := readVectors(args[0], flags.vectors)
			if err != nil {
				return err
			}
			return withProgram(cmd.Context(), args[0], b, func(_ *wasm.Engine, p program) error {
				return a.bench(cmd.Context(), p, groups, flags)
			})
		},
	}
	flags.register(cmd)
	f := cmd.Flags()
	f.StringVar(&flags.vectors, "vectors", "", "test vectors to take records from (default: FILE with .vectors for .wasm, or that in testdata)")
	f.IntVar(&flags.size, "size", 1024, "bytes of a value where there are no test vectors")
	f.DurationVar(&flags.duration, "duration", time.Second, "how long to measure each size of batch")
	return cmd
}

func (a *app) bench(ctx context.Context, p program, groups []vectors.Group, flags benchFlags) error {
	records := flags.records(groups)
	var rows []benchRow
	for _, size := range []int{1, 10, 100, 1000} {
		row, err := flags.measure(ctx, p, records, size)
		if err != nil {
			return err
		}
		rows = append(rows, row)
	}
	type row = benchRow
	number := func(f func(row) float64, decimals int) func(row) string {
		return func(r row) string { return strconv.FormatFloat(f(r), 'f', decimals, 64) }
	}
	return printRows(a, rows,
		column[row]{title: "records/batch", value: func(r row) string { return strconv.Itoa(r.Batch) }, number: true},
		column[row]{title: "ns/record", value: number(func(r row) float64 { return r.NsPerRecord }, 1), number: true},
		column[row]{title: "records/s", value: number(func(r row) float64 { return r.RecordsPerSec }, 0), number: true},
		column[row]{title: "MB/s", value: number(func(r row) float64 { return r.MBPerSec }, 1), number: true},
		column[row]{title: "fuel/record", value: number(func(r row) float64 { return r.FuelPerRecord }, 0), number: true},
		column[row]{title: "in the host", value: func(r row) string { return strconv.Itoa(int(100*r.HostShare+0.5)) + " %" }, number: true},
		column[row]{title: "memory", value: func(r row) string { return strconv.FormatInt(r.Memory/1024, 10) + " KiB" }, number: true},
		column[row]{title: "rejected", value: func(r row) string { return strconv.FormatUint(r.Rejected, 10) }, number: true},
		column[row]{title: "failed", value: func(r row) string { return strconv.FormatUint(r.Failures, 10) }, number: true})
}

// records are what the plugin is measured with: vectors of the first configuration that it takes.
func (f *benchFlags) records(groups []vectors.Group) []plugin.Record {
	var records []plugin.Record
	for i := range groups {
		if groups[i].Refused != "" {
			continue
		}
		if f.config == "" && len(records) == 0 {
			f.config = string(groups[i].Binding.Config)
		}
		if f.config == string(groups[i].Binding.Config) {
			records = append(records, groups[i].Batch.Records...)
		}
	}
	if len(records) == 0 {
		value := fmt.Appendf(nil, `{"id":1,"text":"%s"}`, bytes.Repeat([]byte("x"), max(0, f.size-18)))
		records = []plugin.Record{{Key: []byte("key-1234567890ab"), Value: value}}
	}
	return records
}

// measure calls the plugin with batches of one size, on a binding of its own, until the time is over.
func (f *benchFlags) measure(ctx context.Context, p program, records []plugin.Record, size int) (benchRow, error) {
	bound, err := f.bind(ctx, p)
	if err != nil {
		return benchRow{}, err
	}
	defer bound.bound.Close()
	batch, bytesPerBatch := f.batch(nil), 0
	for i := range size {
		r := records[i%len(records)]
		batch.Records = append(batch.Records, r)
		bytesPerBatch += len(r.Key)
		if bound.partition == nil { // a partitioner sees keys
			bytesPerBatch += len(r.Value)
		}
	}
	if err := bound.call(ctx, batch); err != nil {
		return benchRow{}, err
	}
	warm := bound.bound.Stats()
	start, n := time.Now(), 0
	for ; time.Since(start) < f.duration; n++ {
		if err := bound.call(ctx, batch); err != nil {
			return benchRow{}, err
		}
	}
	took, stats := time.Since(start), bound.bound.Stats()
	row := benchRow{Batch: size, Records: n * size, Rejected: stats.Rejected - warm.Rejected, Memory: stats.Memory}
	if row.Records > 0 {
		row.NsPerRecord = float64(took) / float64(row.Records)
		row.RecordsPerSec = float64(row.Records) / took.Seconds()
		row.MBPerSec = float64(n*bytesPerBatch) / took.Seconds() / 1e6
		row.FuelPerRecord = float64(stats.Fuel-warm.Fuel) / float64(row.Records)
	}
	if stats.Busy > 0 { // both are estimates from the same calls
		row.HostShare = 1 - float64(stats.Guest)/float64(stats.Busy)
	}
	for _, class := range plugin.Classes() {
		row.Failures += stats.Failures[class]
	}
	return row, nil
}
