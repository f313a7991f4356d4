#!/bin/sh
set -eu
cd "$(dirname "$0")"
${CC:-clang} --target=wasm32-freestanding -mbulk-memory -O2 -Wall -Wextra -I../../../../../sdk/c -nostdlib -ffreestanding \
    -Wl,--no-entry -Wl,--strip-all -Wl,-z,stack-size=65536 -o probe.wasm probe.c
