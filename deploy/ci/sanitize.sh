#!/usr/bin/env bash
# The test suite under the thread sanitizer and the address sanitizer, each with a build of its own.
# Usage: sanitize.sh [thread|address]…      both unless told
#
#   thread   the suites that have more than one thread: LinuxIO (event loop, children), Outbox (the writer's thread),
#            MosquittoClient (connects), BridgeRuntime (all of them), ModuleSimulator (look-ups). The others have one.
#   address  everything but the end-to-end tests, which start the release binary: it is not instrumented.
#
# tsan.supp names what is no race, each with its reason. SQLite, libmosquitto and OpenSSL are not instrumented, and none of
# them has been reported so far.
set -euo pipefail
cd "$(dirname "$0")/../.."
swift=${SWIFT:-swift}
scratch=${SCRATCH:-.build}/sanitize
kinds=("$@")
[ ${#kinds[@]} -gt 0 ] || kinds=(thread address)
mkdir -p "$scratch"

# The sanitizer's own words, not Swift's report of the signal.
export SWIFT_BACKTRACE=enable=no
# Found leaks would be those of the test library and of C libraries' caches: the fuzzers' limit on memory finds ours.
export ASAN_OPTIONS=detect_leaks=0
export TSAN_OPTIONS="halt_on_error=0 exitcode=66 suppressions=$PWD/deploy/ci/tsan.supp"

failed=0
for kind in "${kinds[@]}"; do
    case $kind in
    thread) choice=(--filter '^(LinuxIO|Outbox|MosquittoClient|BridgeRuntime|ModuleSimulator)Tests\.') ;;
    address) choice=(--skip '^EndToEndTests\.') ;;
    *) echo "sanitize: $kind is neither thread nor address" >&2; exit 64 ;;
    esac
    log=$scratch/$kind.log
    echo "sanitize: $kind"
    "$swift" build --scratch-path "$scratch/$kind" --build-tests --sanitize="$kind" >"$log" 2>&1 \
        || { grep -E 'error:' "$log" || tail -20 "$log"; exit 1; }
    status=0
    timeout 1200 "$swift" test --scratch-path "$scratch/$kind" --sanitize="$kind" --skip-build --disable-xctest \
        --no-parallel "${choice[@]}" >"$log" 2>&1 || status=$?
    # A data race does not end the run, and not every way of running tests passes its exit status on.
    if [ $status -ne 0 ] || grep -aqE '^(WARNING|==[0-9]+==ERROR|.*ERROR): (Thread|Address)Sanitizer' "$log"; then
        grep -aE '✘|Sanitizer|SUMMARY' "$log" | head -40 || true
        echo "sanitize: FAILED: $kind (exit $status), log $log"
        failed=1
    fi
    grep -aE 'Test run with' "$log" | sed 's/^[^T]*/  /' || { echo "sanitize: no test ran"; failed=1; }
done
exit $failed
