package wasm_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/plugins/wasm"
)

// A validator judges the records of a batch.
func Example() {
	ctx := context.Background()
	engine, err := wasm.New(wasm.Config{})
	if err != nil {
		log.Fatal(err)
	}
	code, err := os.ReadFile("testdata/json.wasm")
	if err != nil {
		log.Fatal(err)
	}
	program, err := engine.Load(ctx, code)
	if err != nil {
		log.Fatal(err)
	}
	validator, err := program.Serializer(ctx, plugin.Binding{Kind: plugin.KindValueSerializer, Name: "json", Target: "orders"})
	if err != nil {
		log.Fatal(err)
	}
	batch := plugin.Batch{Topic: "orders", NumPartitions: 1, Records: []plugin.Record{
		{Value: []byte(`{"id": 1}`)},
		{Value: []byte(`{"id": }`)},
	}}
	var outcome plugin.Outcome // reused from batch to batch
	if err := validator.Validate(ctx, &batch, &outcome); err != nil {
		log.Fatal(err)
	}
	for i, verdict := range outcome.Verdicts() {
		fmt.Printf("%d: %s %q\n", i, verdict.Action, verdict.Message)
	}
	validator.Close()
	program.Close()
	fmt.Println(engine.Stop(ctx))
	// Output:
	// 0: keep ""
	// 1: reject "not a JSON object with an id"
	// <nil>
}
