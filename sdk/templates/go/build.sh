#!/bin/sh
# Builds NAME.wasm with Go 1.24 or newer, or with TinyGo: TINYGO=tinygo ./build.sh
set -eu
cd "$(dirname "$0")"
if [ -n "${TINYGO:-}" ]; then
    "$TINYGO" build -target=wasip1 -buildmode=c-shared -no-debug -o NAME.wasm .
else
    GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -trimpath -ldflags='-s -w' -o NAME.wasm .
fi
