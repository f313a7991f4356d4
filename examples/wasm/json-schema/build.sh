#!/bin/sh
# Builds json-schema.wasm (rustup target add wasm32-unknown-unknown). "cargo build --release --target
# wasm32-unknown-unknown" does as well; but cargo mixes the path of the checkout into symbols, and so into the digest.
set -eu
cd "$(dirname "$0")"
sdk=../../../sdk/rust/src
mkdir -p target
build() {
    rustc --edition 2021 --target wasm32-unknown-unknown -C opt-level=s -C codegen-units=1 -C panic=abort -C strip=symbols \
        --remap-path-prefix "$sdk=sdk" --out-dir target "$@"
}
build --crate-type rlib --crate-name jackdaw_plugin "$sdk/lib.rs"
build --crate-type cdylib --crate-name json_schema -C lto=fat -C link-arg=-zstack-size=65536 \
    --extern jackdaw_plugin=target/libjackdaw_plugin.rlib src/lib.rs
cp target/json_schema.wasm json-schema.wasm
