#!/bin/sh
# Builds partitioner-murmur2.wasm with clang and lld (Debian: apt-get install clang lld), or with CC="python3 -m ziglang cc"
# (pip install ziglang).
set -eu
cd "$(dirname "$0")"
${CC:-clang} --target=wasm32-freestanding -mbulk-memory -O2 -Wall -Wextra -I../../../sdk/c -nostdlib -ffreestanding \
    -Wl,--no-entry -Wl,--strip-all -Wl,-z,stack-size=65536 -o partitioner-murmur2.wasm partitioner-murmur2.c
