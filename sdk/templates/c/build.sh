#!/bin/sh
# Builds NAME.wasm with clang and lld (Debian: apt-get install clang lld), or with CC='python3 -m ziglang cc' (pip install
# ziglang), which needs -target=wasm32-freestanding.
set -eu
cd "$(dirname "$0")"
case "${CC:=clang}" in
*ziglang*|*zig*) target=--target=wasm32-freestanding ;;
*) target=--target=wasm32 ;;
esac
$CC $target -mbulk-memory -O2 -Wall -Wextra -nostdlib -ffreestanding \
    -Wl,--no-entry -Wl,--strip-all -Wl,-z,stack-size=65536 -o NAME.wasm plugin.c
