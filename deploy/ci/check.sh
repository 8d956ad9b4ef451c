#!/usr/bin/env bash
# What has to hold before a change goes in: format, imports, tests, libraries, size, memory. Run by `make check`, which
# builds the release binary first; its path is CELLBRIDGE_BINARY.
set -euo pipefail
cd "$(dirname "$0")/../.."
swift=${SWIFT:-swift}
binary=${CELLBRIDGE_BINARY:?make check sets it}
# shellcheck source=budgets
. deploy/ci/budgets

step() { echo "check: $*"; }
fail() { echo "check: FAILED: $*" >&2; exit 1; }

step "format"
"$swift" format lint --strict --parallel -r Sources Tests examples fuzz/Sources/fuzz Package.swift fuzz/Package.swift \
    || fail "run: swift format -i -r Sources Tests examples fuzz/Sources/fuzz"

step "imports"
deploy/ci/imports.sh || fail "imports"

step "libraries"
while read -r name; do
    [[ " $libraries " == *" $name "* ]] || fail "the binary needs $name, which is not in deploy/ci/budgets"
done < <(ldd "$binary" | awk '{ n = split($1, path, "/"); print path[n] }' | sed -E 's/(\.so|-x86-64|-aarch64|-armhf|-[0-9.]+\.so).*$//')

step "size"
stripped=$(mktemp)
strip -o "$stripped" "$binary"
size=$(stat -c %s "$stripped")
rm -f "$stripped"
echo "  $size bytes stripped, budget $binary_bytes"
[ "$size" -le "$binary_bytes" ] || fail "the binary is too large"

step "memory, idle"
deploy/ci/memory.sh "$binary" || fail "memory"

step "fuzzers, 15 s each"
deploy/ci/fuzz.sh --short 15 || fail "fuzzers"

step "tests"
deploy/ci/test.sh
