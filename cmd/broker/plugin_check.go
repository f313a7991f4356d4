package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/plugins/wasm"
	"github.com/jackdawmq/jackdaw/sdk/vectors"
)

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
