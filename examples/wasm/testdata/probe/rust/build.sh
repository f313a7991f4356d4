#!/bin/sh
set -eu
cd "$(dirname "$0")"
sdk=../../../../../sdk/rust/src
mkdir -p target
build() {
    rustc --edition 2021 --target wasm32-unknown-unknown -C opt-level=s -C codegen-units=1 -C panic=abort -C strip=symbols \
        --remap-path-prefix "$sdk=sdk" --out-dir target "$@"
}
build --crate-type rlib --crate-name jackdaw_plugin "$sdk/lib.rs"
build --crate-type cdylib --crate-name probe -C lto=fat -C link-arg=-zstack-size=65536 \
    --extern jackdaw_plugin=target/libjackdaw_plugin.rlib src/lib.rs
cp target/probe.wasm probe.wasm
