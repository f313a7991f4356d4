module github.com/jackdawmq/jackdaw/sdk/go

go 1.24
