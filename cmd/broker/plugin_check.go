package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/plugins/wasm"
	"github.com/jackdawmq/jackdaw/sdk/vectors"
)

// maxModule is the size of a file that is read as a plugin: the engine's limit and a byte more, so that the engine says
// that it is too large.
const maxModule = 16<<20 + 1

// program is plugin.Program, which commands run without a broker.
type program = plugin.Program

func readModule(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(f, maxModule))
	return b, errors.Join(err, f.Close())
}

// readVectors reads test vectors: those of the file that is named, else those beside the plugin or in its testdata; nil
// when there are none.
func readVectors(module, named string) ([]vectors.Group, error) {
	base := strings.TrimSuffix(filepath.Base(module), ".wasm") + ".vectors"
	candidates := []string{filepath.Join(filepath.Dir(module), base), filepath.Join(filepath.Dir(module), "testdata", base)}
	if named != "" {
		candidates = []string{named}
	}
	for _, path := range candidates {
		f, err := os.Open(path)
		if errors.Is(err, os.ErrNotExist) && named == "" {
			continue
		}
		if err != nil {
			return nil, err
		}
		groups, err := vectors.Parse(f)
		if err := errors.Join(err, f.Close()); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		return groups, nil
	}
	return nil, nil
}

// withEngine runs do with an engine of this process; file is where the module that it is for comes from.
func withEngine(ctx context.Context, file string, do func(*wasm.Engine) error) error {
	engine, err := wasm.New(wasm.Config{})
	if err != nil {
		return err
	}
	err = do(engine)
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if refusal, ok := errors.AsType[*plugin.Refusal](err); ok {
		err = refused(file, refusal.Reasons)
	}
	return errors.Join(err, engine.Stop(stop))
}

// withProgram runs do with a plugin that was loaded from a file in this process.
func withProgram(ctx context.Context, file string, b []byte, do func(*wasm.Engine, program) error) error {
	return withEngine(ctx, file, func(engine *wasm.Engine) error {
		p, err := engine.Load(ctx, b)
		if err != nil {
			return err
		}
		defer p.Close()
		return do(engine, p)
	})
}

// checkReport is what "plugin check" shows.
type checkReport struct {
	File      string            `json:"file"`
	Digest    string            `json:"digest"`
	Size      int               `json:"size"`
	Kinds     []string          `json:"kinds"`
	Imports   []string          `json:"imports"`
	CompileMs float64           `json:"compile_ms"`
	Memory    int64             `json:"memory"` // bytes of an instance after its set-up
	Limits    []checkedLimit    `json:"limits"`
	Functions []checkedFunction `json:"functions"`
	Vectors   int               `json:"vectors"`  // that were run
	Problems  []string          `json:"problems"` // why it is not good
}

type checkedLimit struct {
	Name    string `json:"name"`
	Used    uint64 `json:"used"`
	Allowed uint64 `json:"allowed"`
}

type checkedFunction struct {
	Function      string   `json:"function"`
	Records       int      `json:"records"`
	FuelPerRecord float64  `json:"fuel_per_record"`
	NsPerRecord   int64    `json:"ns_per_record"`
	Deterministic bool     `json:"deterministic"`
	Failures      []string `json:"failures"`
}

func newPluginCheckCommand(a *app) *cobra.Command {
	var vectorsFile, config string
	cmd := &cobra.Command{
		Use: "check FILE", Short: "Say whether a file is a plugin that runs here, and how it behaves", Args: cobra.ExactArgs(1),
		Long: "Check a plugin with the host code of the broker: everything that is wrong with the module, what it uses of each limit, its test\n" +
			"vectors, and for each function whether it gives the same answers on another instance, in another order and in other batches.\n" +
			"Without test vectors it is tried with records of our own, which it may all reject.",
		Example:           "  broker plugin check geo.wasm",
		ValidArgsFunction: completeModules,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.checkPlugin(cmd.Context(), args[0], vectorsFile, config)
		},
	}
	cmd.Flags().StringVar(&vectorsFile, "vectors", "", "test vectors (default: FILE with .vectors for .wasm, or that in testdata)")
	cmd.Flags().StringVar(&config, "config", "", "configuration of the plugin (default: that of the test vectors)")
	return cmd
}

func completeModules(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return []string{"wasm"}, cobra.ShellCompDirectiveFilterFileExt
}

func (a *app) checkPlugin(ctx context.Context, file, vectorsFile, config string) error {
	b, err := readModule(file)
	if err != nil {
		return err
	}
	groups, err := readVectors(file, vectorsFile)
	if err != nil {
		return err
	}
	report := checkReport{File: file, Problems: []string{}}
	err = withEngine(ctx, file, func(engine *wasm.Engine) error {
		start := time.Now()
		p, err := engine.Load(ctx, b)
		if err != nil {
			return err
		}
		defer p.Close()
		report.CompileMs = float64(time.Since(start)) / float64(time.Millisecond)
		if err := vectors.Run(ctx, p, groups); err != nil {
			report.Problems = append(report.Problems, strings.Split(err.Error(), "\n")...)
		}
		for _, trial := range trials(groups, config) {
			r, err := engine.Examine(ctx, b, trial)
			if err != nil {
				return err
			}
			report.add(&r)
		}
		return nil
	})
	if failure, ok := errors.AsType[*plugin.Failure](err); ok && failure.Class == plugin.InvalidConfig {
		return fmt.Errorf("%w\nIt wants a configuration: give --config, or test vectors with one", err)
	}
	if err != nil {
		return err
	}
	report.Vectors = countVectors(groups)
	return a.printCheck(&report)
}

func countVectors(groups []vectors.Group) int {
	n := 0
	for i := range groups {
		n += len(groups[i].Wants)
	}
	return n
}

// trials are the batches of the vectors, those of one configuration together.
func trials(groups []vectors.Group, config string) []wasm.Trial {
	var order []string
	batches := map[string][]*plugin.Batch{}
	for i := range groups {
		g := &groups[i]
		if g.Refused != "" {
			continue
		}
		key := cmp.Or(config, string(g.Binding.Config))
		if batches[key] == nil {
			order = append(order, key)
		}
		batches[key] = append(batches[key], &g.Batch)
	}
	if len(order) == 0 {
		order = []string{config}
	}
	var list []wasm.Trial
	for _, key := range order {
		trial := wasm.Trial{Batches: batches[key]}
		if key != "" {
			trial.Config = []byte(key)
		}
		list = append(list, trial)
	}
	return list
}

// add takes over what one trial showed; the functions of several trials are added up.
func (c *checkReport) add(r *wasm.Report) {
	if c.Digest == "" {
		c.Digest, c.Size, c.Imports = r.Info.Digest.String(), r.Info.Size, append([]string{}, r.Info.Imports...)
		for _, kind := range r.Info.Functions.Kinds() {
			c.Kinds = append(c.Kinds, kind.String())
		}
		for _, l := range r.Limits {
			c.Limits = append(c.Limits, checkedLimit{l.Name, l.Used, l.Allowed})
		}
		for i := range r.Functions {
			c.Functions = append(c.Functions, checkedFunction{Function: r.Functions[i].Function, Deterministic: true, Failures: []string{}})
		}
	}
	c.Memory = max(c.Memory, r.Memory)
	for i := range r.Functions {
		c.Functions[i].add(&r.Functions[i])
		for _, difference := range r.Functions[i].Nondeterminism {
			c.Problems = append(c.Problems, r.Functions[i].Function+" is not deterministic: "+difference)
		}
	}
}

func (f *checkedFunction) add(r *wasm.FunctionReport) {
	if n := f.Records + r.Records; n > 0 {
		f.FuelPerRecord = (f.FuelPerRecord*float64(f.Records) + r.FuelPerRecord*float64(r.Records)) / float64(n)
		f.NsPerRecord = (f.NsPerRecord*int64(f.Records) + r.TimePerRecord.Nanoseconds()*int64(r.Records)) / int64(n)
		f.Records = n
	}
	f.Deterministic = f.Deterministic && len(r.Nondeterminism) == 0
	f.Failures = append(f.Failures, r.Failures...)
}

func (a *app) printCheck(c *checkReport) error {
	if err := a.showCheck(c); err != nil {
		return err
	}
	if n := len(c.Problems); n > 0 {
		return fmt.Errorf("%s has %d problems:\n%s", c.File, n, list(c.Problems))
	}
	return nil
}

func vectorsText(n int) string {
	if n == 0 {
		return "none; tried with records of our own"
	}
	return strconv.Itoa(n)
}

func (a *app) showCheck(c *checkReport) error {
	if a.global.format == formatJSON {
		return a.printJSON(c)
	}
	a.printFields(field{"File", c.File}, field{"Digest", c.Digest}, field{"Bytes", strconv.Itoa(c.Size)},
		field{"Kinds", strings.Join(c.Kinds, ", ")}, field{"Imports", cmp.Or(strings.Join(c.Imports, ", "), "none")},
		field{"Compiled in", fmt.Sprintf("%.1f ms", c.CompileMs)}, field{"Memory", strconv.FormatInt(c.Memory/1024, 10) + " KiB an instance"},
		field{"Test vectors", vectorsText(c.Vectors)})
	fmt.Fprintln(a.std.Out)
	err := printRows(a, c.Limits,
		column[checkedLimit]{title: "limit", value: func(l checkedLimit) string { return l.Name }},
		column[checkedLimit]{title: "used", value: func(l checkedLimit) string { return strconv.FormatUint(l.Used, 10) }, number: true},
		column[checkedLimit]{title: "allowed", value: func(l checkedLimit) string { return strconv.FormatUint(l.Allowed, 10) }, number: true})
	if err != nil {
		return err
	}
	fmt.Fprintln(a.std.Out)
	type row = checkedFunction
	err = printRows(a, c.Functions,
		column[row]{title: "function", value: func(f row) string { return f.Function }},
		column[row]{title: "records", value: func(f row) string { return strconv.Itoa(f.Records) }, number: true},
		column[row]{title: "fuel/record", value: func(f row) string { return strconv.FormatFloat(f.FuelPerRecord, 'f', 0, 64) }, number: true},
		column[row]{title: "ns/record", value: func(f row) string { return strconv.FormatInt(f.NsPerRecord, 10) }, number: true},
		column[row]{title: "deterministic", value: func(f row) string { return yesOrNo(f.Deterministic) }})
	for i := range c.Functions {
		for _, failure := range c.Functions[i].Failures {
			fmt.Fprintf(a.std.Out, "\n%s failed: %s\n", c.Functions[i].Function, failure)
		}
	}
	return err
}
