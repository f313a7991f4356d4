package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/cmd/broker/kafkatools"
)

// clusterView is what "cluster describe" shows.
type clusterView struct {
	ID         string       `json:"id"`
	Controller int32        `json:"controller"`
	Brokers    []brokerView `json:"brokers"`
}

type brokerView struct {
	ID   int32  `json:"id"`
	Host string `json:"host"`
	Port int32  `json:"port"`
	Rack string `json:"rack"`
}

func newClusterCommand(a *app) *cobra.Command {
	return newParentCommand("cluster", "Describe the cluster", &cobra.Command{
		Use: "describe", Short: "Show the cluster's id, controller and brokers", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withAdmin(cmd.Context(), func(ctx context.Context, admin *kadm.Client) error {
				metadata, err := admin.BrokerMetadata(ctx)
				if err != nil {
					return err
				}
				view := clusterView{ID: metadata.Cluster, Controller: metadata.Controller}
				for _, b := range metadata.Brokers {
					row := brokerView{ID: b.NodeID, Host: b.Host, Port: b.Port}
					if b.Rack != nil {
						row.Rack = *b.Rack
					}
					view.Brokers = append(view.Brokers, row)
				}
				if a.global.format == formatJSON {
					return a.printJSON(view)
				}
				a.printFields(field{"Cluster", view.ID}, field{"Controller", strconv.Itoa(int(view.Controller))})
				fmt.Fprintln(a.std.Out)
				return printRows(a, view.Brokers,
					column[brokerView]{title: "broker", value: func(b brokerView) string { return strconv.Itoa(int(b.ID)) }, number: true},
					column[brokerView]{title: "address", value: func(b brokerView) string { return fmt.Sprintf("%s:%d", b.Host, b.Port) }},
					column[brokerView]{title: "rack", value: func(b brokerView) string { return b.Rack }})
			})
		},
	})
}

// apiView is a row of "api-versions".
type apiView struct {
	Broker int32  `json:"broker"`
	Key    int16  `json:"key"`
	Name   string `json:"name"`
	Min    int16  `json:"min"`
	Max    int16  `json:"max"`
}

func newAPIVersionsCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "api-versions", Short: "Show the versions of Kafka's APIs that each broker serves", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := a.client()
			if err != nil {
				return err
			}
			defer client.Close()
			ctx, cancel := context.WithTimeout(cmd.Context(), a.global.timeout)
			defer cancel()
			rows, err := listAPIVersions(ctx, client)
			if err != nil {
				return err
			}
			number := func(n int16) string { return strconv.Itoa(int(n)) }
			return printRows(a, rows,
				column[apiView]{title: "broker", value: func(r apiView) string { return strconv.Itoa(int(r.Broker)) }, number: true},
				column[apiView]{title: "key", value: func(r apiView) string { return number(r.Key) }, number: true},
				column[apiView]{title: "api", value: func(r apiView) string { return r.Name }},
				column[apiView]{title: "min", value: func(r apiView) string { return number(r.Min) }, number: true},
				column[apiView]{title: "max", value: func(r apiView) string { return number(r.Max) }, number: true})
		},
	}
}

func listAPIVersions(ctx context.Context, client *kgo.Client) ([]apiView, error) {
	metadata, err := kadm.NewClient(client).BrokerMetadata(ctx)
	if err != nil {
		return nil, err
	}
	var rows []apiView
	var failures []error
	for _, broker := range metadata.Brokers {
		request := kmsg.NewPtrApiVersionsRequest()
		request.ClientSoftwareName, request.ClientSoftwareVersion = "jackdaw", softwareVersion()
		response, err := request.RequestWith(ctx, client.Broker(int(broker.NodeID)))
		if err == nil {
			err = kerr.ErrorForCode(response.ErrorCode)
		}
		if err != nil {
			failures = append(failures, fmt.Errorf("broker %d at %s:%d: %w", broker.NodeID, broker.Host, broker.Port, err))
			continue
		}
		for _, key := range response.ApiKeys {
			rows = append(rows, apiView{broker.NodeID, key.ApiKey, kafkatools.APIName(key.ApiKey), key.MinVersion, key.MaxVersion})
		}
	}
	if len(rows) == 0 {
		return nil, errors.Join(failures...)
	}
	return rows, nil
}
