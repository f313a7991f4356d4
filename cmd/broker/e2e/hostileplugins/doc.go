// Package hostileplugins lets every hostile WebAssembly module there is loose on one real broker, while other clients use
// it. It holds tests only: whatever a module does, it is refused when it is deployed or bound, or stopped when it runs and
// put into quarantine, and the canary, a producer and a consumer of a topic without plugins, loses nothing and sees no error.
//
// By default every module has its turn once. E2E_FULL=1 goes on for twenty rounds:
//
//	E2E_FULL=1 go test -count=1 ./cmd/broker/e2e/hostileplugins
//
// How long things take is measured apart, and not asserted:
//
//	go test -run '^$' -bench Canary -benchtime 20x ./cmd/broker/e2e/hostileplugins
package hostileplugins
