#!/bin/sh
# The glue's tests under AddressSanitizer and LeakSanitizer, SQLCipher's C code included. Linux on x86-64 or arm64.
#
# A stable compiler has the sanitizer's runtime, but wants to be told that one knows that it is not stable.
set -eu
cd "$(dirname "$0")/../.."
host=$(rustc -vV | sed -n 's/^host: //p')
runtime=$(find "$(rustc --print sysroot)/lib/rustlib/$host/lib" -name '*.asan.a' | head -n 1)
if [ -z "$runtime" ]; then
    echo "this compiler has no AddressSanitizer: not run" >&2
    [ "${CI-}" != true ]
    exit
fi
export RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zsanitizer=address CFLAGS='-fsanitize=address -fno-omit-frame-pointer'
export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1
# Left out is what looks at memory itself: the sanitizer lays it out in another way.
cargo test --locked -p cmr-sqlcipher --target "$host" --target-dir "${CARGO_TARGET_DIR:-target}/asan" \
    --lib --test keys --test provider -- --skip stack::
