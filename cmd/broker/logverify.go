package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/jackdawmq/jackdaw/cmd/broker/logdump"
)

func newLogVerifyCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "verify DIR...", Short: "Look for damage in the logs of a broker that is down", Args: cobra.MinimumNArgs(1),
		Long: "Check the CRC of every batch, the order of offsets, and what the indexes say of them, in the directories of partitions or of\n" +
			"log.dirs, of Jackdaw or of Apache Kafka. Nothing is changed. Exit code 1 says that something is wrong. After a crash the end of\n" +
			"the last segment may be torn: the next start cuts it.",
		Example: "  broker log verify data\n  broker log verify data/orders-0 --format json",
		RunE:    func(_ *cobra.Command, args []string) error { return a.verifyLogs(args) },
	}
}

func (a *app) verifyLogs(args []string) error {
	var dirs []string
	for _, arg := range args {
		found, err := logdump.Partitions(arg)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return fmt.Errorf("%s holds no logs", arg)
		}
		dirs = append(dirs, found...)
	}
	shown := a.startProgress("bytes")
	list := make([]logdump.Verified, 0, len(dirs))
	for _, dir := range dirs {
		v, err := logdump.Verify(dir, func(bytes int) { shown.add(int64(bytes)) })
		if err != nil {
			shown.stop()
			return err
		}
		list = append(list, v)
	}
	shown.stop()
	return a.printVerified(list)
}

// printVerified prints a line per log, and one per problem. Problems are an error.
func (a *app) printVerified(list []logdump.Verified) error {
	type row = logdump.Verified
	err := printRows(a, list,
		column[row]{title: "directory", value: func(v row) string { return v.Directory }},
		numbered("segments", func(v row) int64 { return int64(v.Segments) }),
		numbered("batches", func(v row) int64 { return int64(v.Batches) }),
		numbered("records", func(v row) int64 { return v.Records }),
		numbered("bytes", func(v row) int64 { return v.Bytes }),
		numbered("problems", func(v row) int64 { return int64(len(v.Problems)) }))
	problems, damaged := 0, 0
	for _, v := range list {
		if len(v.Problems) > 0 {
			damaged++
		}
		for _, p := range v.Problems {
			problems++
			if problems == 1 && a.global.format == formatTable {
				fmt.Fprintln(a.std.Out)
			}
			if a.global.format == formatTable {
				fmt.Fprintf(a.std.Out, "%s/%s%s: %s\n", v.Directory, p.File, whereText(p), p.Problem)
			}
		}
	}
	if err == nil && problems > 0 {
		err = fmt.Errorf("%d problems in %d of %d logs", problems, damaged, len(list))
	}
	return err
}

func whereText(p logdump.Problem) string {
	text := ""
	if p.Position >= 0 {
		text += fmt.Sprintf(" position %d", p.Position)
	}
	if p.Offset >= 0 {
		text += fmt.Sprintf(" offset %d", p.Offset)
	}
	return text
}
