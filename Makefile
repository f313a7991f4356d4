# The same steps that .ci/run takes, one by one.
.PHONY: build test race lint clients fuzz bench bench-floor bench-kafka

build:
	CGO_ENABLED=0 go build -trimpath -o bin/broker ./cmd/broker

test:
	go test ./...

race:
	go test -race -short ./core/... ./modules/... ./sdk/...

lint:
	go vet ./...
	go tool -modfile=tools.mod golangci-lint run

clients:
	E2E_CLIENTS=$$(.ci/clients | tail -1) go test -count=1 -v ./cmd/broker/e2e/clients

# One target a time: make fuzz PKG=./core/record FUZZ=FuzzBatch TIME=1m
fuzz:
	go test $(PKG) -run '^$$' -fuzz '^$(FUZZ)$$' -fuzztime $(or $(TIME),1m)

bench:
	go test -run '^$$' -bench . -benchmem -count 6 ./core/... ./modules/... | tee bench.out
	go tool -modfile=tools.mod benchstat bench.out

# CPU per GB of the broker beside a process that only moves the bytes, and beside Apache Kafka (from Maven).
bench-floor: build
	cd .ci/bench && go run . -broker ../../bin/broker

bench-kafka: build
	cd .ci/bench && go run . -broker ../../bin/broker -kafka $$(../clients | tail -1)/java/cp.txt -svg ../../docs/race.svg
