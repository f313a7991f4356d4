module github.com/jackdawmq/jackdaw/examples/wasm/testdata/probe/go

go 1.24

require github.com/jackdawmq/jackdaw/sdk/go v0.0.0

replace github.com/jackdawmq/jackdaw/sdk/go => ../../../../../sdk/go
