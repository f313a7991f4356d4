#!/bin/sh
# Builds json-to-avro.wasm with Go 1.24 or newer.
set -eu
cd "$(dirname "$0")"
GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -trimpath -ldflags='-s -w' -o json-to-avro.wasm .
