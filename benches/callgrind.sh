#!/bin/sh
# Instructions, which do not depend on what else the machine does: `cargo bench` first, then this; needs valgrind.
set -eu
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}
out=$target/callgrind
rm -rf "$out"
mkdir -p "$out"

count() { # name, stdin, command line
    name=$1 from=$2
    shift 2
    valgrind --tool=callgrind --callgrind-out-file="$out/$name.out" "$@" <"$from" 2>"$out/$name.log" >/dev/null
    instructions=$(sed -n 's/^summary: //p; s/^totals: //p' "$out/$name.out" | head -n 1)
    awk -v name="$name" -v count="$instructions" 'BEGIN { printf "| %s | %.2f |\n", name, count / 1e6 }'
}

echo '| program | million instructions |'
echo '| --- | ---: |'
count empty /dev/null "$target/release/examples/empty"
count version /dev/null "$target/release/cmr" --version
for vendors in 100 100000; do
    for sample in "$target"/bench-vaults/*-"$vendors"; do
        count "floor-$vendors" "$sample/key" "$target/release/examples/floor" "$sample/vault/vault.db"
        count "show-$vendors" "$sample/key" "$target/release/cmr" --vault "$sample/vault" profile show email --data-key-fd 0
    done
done
