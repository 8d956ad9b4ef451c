#!/usr/bin/env bash
# Fuzzers: libFuzzer and the address sanitizer over the code that reads what others wrote.
# Usage: fuzz.sh [--short] [SECONDS [TARGET…]]
#   SECONDS  for each target, 60 unless told
#   --short  what `make check` runs: from the seeds alone and with a fixed start of the random numbers. Otherwise what
#            earlier runs found worth keeping is used, and added to.
# A finding stays in SCRATCH/fuzz/findings; the last lines say how to run it again. The exit status is 0 without one.
set -euo pipefail
cd "$(dirname "$0")/../.."
swift=${SWIFT:-swift}
short=
if [ "${1:-}" = --short ]; then short=yes; shift; fi
seconds=${1:-60}
[ $# -eq 0 ] || shift
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(lexer session fields command toml store ledger json control manifest packets cip qi bc260y)

mkdir -p "${SCRATCH:-.build}/fuzz"
scratch=$(realpath "${SCRATCH:-.build}/fuzz")
# SwiftPM must not take the folder above for the package, nor its build for ours.
"$swift" build --package-path fuzz --scratch-path "$scratch/build" -c release >"$scratch/build.log" 2>&1 \
    || { cat "$scratch/build.log" >&2; exit 1; }
binary=$scratch/build/release/fuzz

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
# Databases are written thousands of times: in memory where there is such a place.
FUZZ_TMPDIR=$work
if [ -d /dev/shm ] && [ -w /dev/shm ]; then
    FUZZ_TMPDIR=$(mktemp -d /dev/shm/fuzz.XXXXXX)
    trap 'rm -rf "$work" "$FUZZ_TMPDIR"' EXIT
fi
export FUZZ_TMPDIR
# With Swift's own report of a trap libFuzzer would not get to keep the input.
export SWIFT_BACKTRACE=enable=no
# What was freed is watched for a while; the usual 256 MB of it would hide how much a target needs.
export ASAN_OPTIONS=quarantine_size_mb=16:detect_leaks=0

run() {
    local target=$1 length corpus status=0
    case $target in
    lexer | toml) length=4096 ;;
    session | manifest | ledger | cip | qi | bc260y) length=2048 ;;
    command | packets | json | control) length=1024 ;;
    *) length=512 ;;
    esac
    corpus=$scratch/corpus/$target
    [ -z "$short" ] || corpus=$work/$target
    local findings=$scratch/findings/$target log=$scratch/$target.log
    mkdir -p "$corpus" "$findings"
    local more=()
    case $target in
    toml) more=(-dict=fuzz/dictionaries/toml.dict examples deploy) ;;
    lexer | session) more=(-dict=fuzz/dictionaries/module.dict Tests/ATProtocolTests/Fixtures) ;;
    fields | cip | qi | bc260y) more=(-dict=fuzz/dictionaries/module.dict) ;;
    command) more=(-dict=fuzz/dictionaries/command.dict) ;;
    esac
    # Leaks: SQLite's and OpenSSL's own caches at the end are none, and a leak in a loop breaks the limit on memory.
    FUZZ_TARGET=$target "$binary" ${short:+-seed=1} -max_total_time="$seconds" -max_len=$length -timeout=10 \
        -rss_limit_mb=1024 -malloc_limit_mb=256 -detect_leaks=0 -print_final_stats=1 \
        -artifact_prefix="$findings/" "$corpus" "fuzz/seeds/$target" "${more[@]}" </dev/null >"$log" 2>&1 || status=$?
    if [ $status -ne 0 ]; then
        grep -aE '^FOUND|^SUMMARY|^==.*ERROR|Test unit written' "$log" || tail -20 "$log"
        echo "fuzz: FAILED: $target (exit $status, log $log); again: FUZZ_TARGET=$target SWIFT_BACKTRACE=enable=no $binary FILE"
        return 1
    fi
    awk -v target="$target" '
        /number_of_executed_units/ { runs = $2 }
        /peak_rss_mb/ { memory = $2 }
        / cov: / { for (i = 1; i < NF; i++) if ($i == "cov:") cover = $(i + 1) }
        END { printf "  %-9s %9d inputs, %5d edges, %4d MB\n", target, runs, cover, memory }' "$log"
}

# Two at a time: more would slow each other down on the two cores this is meant for.
failed=0
for ((i = 0; i < ${#targets[@]}; i += 2)); do
    pids=()
    for target in "${targets[@]:i:2}"; do
        run "$target" &
        pids+=($!)
    done
    for pid in "${pids[@]}"; do wait "$pid" || failed=1; done
done
exit $failed
