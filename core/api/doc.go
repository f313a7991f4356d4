// Package api is the contract between what receives requests (modules/network/...) and what answers them: the handlers of
// core/internal/handler and the routes that coordinators bring.
//
// A network module builds a Call for each request and gives it to Router.Serve on the goroutine of its connection. The
// handler fills in the Response and returns; it may wait (a long poll, an acknowledgement), but it ends when Call.Context
// is done. Then the network module writes the response. So responses leave a connection in the order of its requests,
// and nobody but the connection's own goroutine ever writes to its socket.
package api
