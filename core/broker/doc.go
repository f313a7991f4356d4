// Package broker puts a broker together and runs it. app.go is the graph: the only place where parts meet. start.go and
// stop.go say in which order they begin and end. A program that wants a broker inside it calls New with the list of
// modules that it compiles in, and Run:
//
//	b, err := broker.New(broker.Options{Modules: modules.All(), Sources: config.Sources{File: "jackdaw.yaml"}})
//	...
//	err = b.Run(ctx)
package broker
