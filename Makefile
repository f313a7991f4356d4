# What is run while working on the broker. The steps of .ci/run, which says what each does, are targets too.
.PHONY: build test race lint hostile faults clients fuzz bench bench-floor bench-kafka

build:
	CGO_ENABLED=0 go build -trimpath -o bin/broker ./cmd/broker

test race lint hostile faults clients:
	.ci/run $@

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
	cd .ci/bench && go run . -broker ../../bin/broker -kafka $$(../clients java | tail -1)/java/cp.txt -svg ../../docs/race.svg -markdown ../../docs/race.md
