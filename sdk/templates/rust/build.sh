#!/bin/sh
# Builds NAME.wasm (rustup target add wasm32-unknown-unknown).
set -eu
cd "$(dirname "$0")"
RUSTFLAGS="-C link-arg=-zstack-size=65536" cargo build --release --target wasm32-unknown-unknown
cp target/wasm32-unknown-unknown/release/plugin.wasm NAME.wasm
