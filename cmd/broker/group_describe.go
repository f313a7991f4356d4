package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/jackdawmq/jackdaw/cmd/broker/kafkatools"
)

// groupView is what "group describe" shows.
type groupView struct {
	Group       string         `json:"group"`
	State       string         `json:"state"`
	Protocol    string         `json:"protocol"` // classic or consumer
	Assignor    string         `json:"assignor"`
	Coordinator string         `json:"coordinator"`
	Lag         int64          `json:"lag"`
	Members     []memberView   `json:"members"`
	Partitions  []groupLagView `json:"partitions"`
}

type memberView struct {
	ID         string             `json:"id"`
	Instance   string             `json:"instance,omitempty"`
	Client     string             `json:"client"`
	Host       string             `json:"host"`
	Partitions map[string][]int32 `json:"partitions"`
}

type groupLagView struct {
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	Committed *int64 `json:"committed"`
	End       *int64 `json:"end"`
	Lag       *int64 `json:"lag"`
	Member    string `json:"member,omitempty"`
}

func newGroupDescribeCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "describe GROUP...", Short: "Show the members, offsets and lag of groups", Args: cobra.MinimumNArgs(1),
		ValidArgsFunction: a.completeGroups(0),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withAdmin(cmd.Context(), func(ctx context.Context, admin *kadm.Client) error {
				var views []groupView
				for _, id := range args {
					group, err := describeGroup(ctx, admin, id)
					if err != nil {
						return err
					}
					view, err := newGroupView(ctx, admin, group)
					if err != nil {
						return fmt.Errorf("group %s: %w", id, err)
					}
					views = append(views, view)
				}
				return printEach(a, views, a.printGroup)
			})
		},
	}
}

func newGroupView(ctx context.Context, admin *kadm.Client, g kafkatools.Group) (groupView, error) {
	view := groupView{Group: g.ID, State: g.State, Protocol: "consumer", Assignor: g.Assignor, Members: []memberView{}, Partitions: []groupLagView{},
		Coordinator: fmt.Sprintf("%s:%d (%d)", g.Coordinator.Host, g.Coordinator.Port, g.Coordinator.NodeID)}
	if g.Classic {
		view.Protocol = "classic"
	}
	partitions := kadm.TopicsSet{}
	for _, m := range g.Members {
		partitions.Merge(m.Assigned)
		view.Members = append(view.Members, newMemberView(m))
	}
	committed, err := admin.FetchOffsets(ctx, g.ID)
	if err != nil {
		return view, err
	}
	partitions.Merge(committed.Partitions())
	ends := kadm.ListedOffsets{}
	if topics := partitions.Topics(); len(topics) > 0 {
		ends, _ = admin.ListEndOffsets(ctx, topics...) // without a leader there is no end, and no lag
	}
	owners := ownersOf(g.Members)
	partitions.Each(func(topic string, p int32) {
		row := groupLagView{Topic: topic, Partition: p, End: listedOffset(ends, topic, p), Member: owners[topicPartition{topic, p}]}
		if offset, ok := committed.Lookup(topic, p); ok && offset.At >= 0 {
			row.Committed = &offset.At
		}
		if row.Committed != nil && row.End != nil {
			lag := max(0, *row.End-*row.Committed)
			row.Lag = &lag
			view.Lag += lag
		}
		view.Partitions = append(view.Partitions, row)
	})
	slices.SortFunc(view.Partitions, func(a, b groupLagView) int {
		return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
	})
	return view, nil
}

func newMemberView(m kafkatools.GroupMember) memberView {
	member := memberView{m.ID, m.Instance, m.Client, m.Host, map[string][]int32{}}
	m.Assigned.Each(func(topic string, p int32) { member.Partitions[topic] = append(member.Partitions[topic], p) })
	for _, partitions := range member.Partitions {
		slices.Sort(partitions)
	}
	return member
}

type topicPartition struct {
	topic     string
	partition int32
}

// ownersOf returns the member that each partition is assigned to.
func ownersOf(members []kafkatools.GroupMember) map[topicPartition]string {
	owners := map[topicPartition]string{}
	for _, m := range members {
		m.Assigned.Each(func(topic string, p int32) { owners[topicPartition{topic, p}] = m.ID })
	}
	return owners
}

func (a *app) printGroup(view groupView) error {
	assignor := view.Assignor
	if assignor == "" {
		assignor = "-"
	}
	a.printFields(field{"Group", view.Group}, field{"State", view.State}, field{"Protocol", view.Protocol}, field{"Assignor", assignor},
		field{"Coordinator", view.Coordinator}, field{"Members", strconv.Itoa(len(view.Members))}, field{"Lag", strconv.FormatInt(view.Lag, 10)})
	if len(view.Members) > 0 {
		fmt.Fprintln(a.std.Out)
		err := printRows(a, view.Members,
			column[memberView]{title: "member", value: func(m memberView) string { return m.ID }},
			column[memberView]{title: "client", value: func(m memberView) string { return m.Client }},
			column[memberView]{title: "host", value: func(m memberView) string { return m.Host }},
			column[memberView]{title: "partitions", value: func(m memberView) string { return partitionsText(m.Partitions) }})
		if err != nil {
			return err
		}
	}
	if len(view.Partitions) == 0 {
		return nil
	}
	fmt.Fprintln(a.std.Out)
	type row = groupLagView
	return printRows(a, view.Partitions,
		column[row]{title: "topic", value: func(r row) string { return r.Topic }},
		column[row]{title: "partition", value: func(r row) string { return strconv.Itoa(int(r.Partition)) }, number: true},
		column[row]{title: "committed", value: func(r row) string { return optional(r.Committed) }, number: true},
		column[row]{title: "end", value: func(r row) string { return optional(r.End) }, number: true},
		column[row]{title: "lag", value: func(r row) string { return optional(r.Lag) }, number: true},
		column[row]{title: "member", value: func(r row) string { return r.Member }})
}

// partitionsText renders partitions as "topic:0,1 other:2".
func partitionsText(partitions map[string][]int32) string {
	var words []string
	for topic, list := range partitions {
		words = append(words, topic+":"+joined(list))
	}
	slices.Sort(words)
	text := ""
	for i, word := range words {
		if i > 0 {
			text += " "
		}
		text += word
	}
	return text
}
