#!/bin/sh
# Instructions, which do not depend on what else the machine does: `cargo bench` first, then this; needs valgrind.
set -eu
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}
cmr=$target/release/cmr
out=$target/callgrind
rm -rf "$out"
mkdir -p "$out"

# The agents of this run, and of no other.
unset CMR_HOME CMR_PASSPHRASE_FILE CMR_IDENTITY_FILE XDG_CONFIG_HOME
XDG_RUNTIME_DIR=$(mktemp -d)
HOME=$XDG_RUNTIME_DIR
export XDG_RUNTIME_DIR HOME
finish() {
    for vault in "$target"/bench-vaults/*/vault; do "$cmr" --vault "$vault" lock >/dev/null || true; done
    rm -rf "$XDG_RUNTIME_DIR"
}
trap finish EXIT
trap 'exit 1' INT TERM

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
count version /dev/null "$cmr" --version
for size in 100 10000-1000000 100000-1000000; do
    for sample in "$target"/bench-vaults/????????????????-"$size"; do
        vault=$sample/vault
        count "floor-$size" "$sample/key" "$target/release/examples/floor" "$vault/vault.db"
        count "show-by-fd-$size" "$sample/key" "$cmr" --vault "$vault" profile show email --data-key-fd 0
        CMR_IDENTITY_FILE=$sample/recovery.txt "$cmr" --vault "$vault" unlock >/dev/null
        count "show-$size" /dev/null "$cmr" --vault "$vault" profile show email
        count "vendor-show-$size" /dev/null "$cmr" --vault "$vault" vendor show vendor-000042
    done
done
