#!/usr/bin/env bash
# All tests. The last line is `N passed, M failed`, counted from the reports the test run writes; the exit status is 0
# only when every test ran and none failed. CELLBRIDGE_BINARY is the release binary the end-to-end tests start.
# Arguments go to `swift test`, e.g. --filter LinuxIOTests.
set -uo pipefail
cd "$(dirname "$0")/../.."
swift=${SWIFT:-swift}
scratch=${SCRATCH:-.build}

"$swift" build --scratch-path "$scratch" --build-tests || { echo "0 passed, 1 failed"; exit 1; }

reports=$(mktemp -d)
trap 'rm -rf "$reports"' EXIT
trap 'exit 130' INT TERM

# XCTest's half of `swift test` is not run: all tests are Swift Testing's.
run() {
    local report=$1
    shift
    "$swift" test --scratch-path "$scratch" --skip-build --disable-xctest --no-parallel --ignore-lock \
        --xunit-output "$reports/$report.xml" "$@"
}
status=0
if [ $# -gt 0 ]; then
    run tests "$@" || status=$?
else
    # Within a group one after the other, so that a test that measures its own time does not measure too many neighbours.
    # What is tested end to end mostly waits, for a module, a broker or a deadline: it goes beside the rest, in groups that
    # take about the same time; the last one is what the others leave.
    groups=(
        'EndToEndTests/(Certs|DeadModule|Doctor|HandsOn|Kills|Pub|Status|Sub)/'
        'EndToEndTests/Socket(Commands|/(Ends|Payloads|Plain|Refusals|Routes))/'
        'EndToEndTests/Socket/(Silence|TLS|Traffic)/'
    )
    skips=()
    beside=()
    for group in "${groups[@]}"; do
        run "beside${#beside[@]}" --filter "$group" >"$reports/beside${#beside[@]}.log" 2>&1 &
        beside+=($!)
        skips+=(--skip "$group")
    done
    run "beside${#beside[@]}" --filter '^EndToEndTests\.' "${skips[@]}" >"$reports/beside${#beside[@]}.log" 2>&1 &
    beside+=($!)
    run tests --skip '^EndToEndTests\.' || status=$?
    for group in "${!beside[@]}"; do
        wait "${beside[group]}" || status=$?
        cat "$reports/beside$group.log"
    done
fi

# By test, not by the suite's `failures`, which counts every failed expectation.
read -r total bad skipped < <(
    cat "$reports"/*.xml 2>/dev/null | awk '
        /<testcase / { total++; isBad = isSkipped = 0 }
        /<(failure|error)[ >\/]/ { if (!isBad++) bad++ }
        /<skipped[ >\/]/ { if (!isSkipped++) skipped++ }
        END { print total + 0, bad + 0, skipped + 0 }')

# What failed, and what took longest, where the end of a long log is all that is seen.
awk -v RS='<testcase ' -F'"' '
    NR > 1 {
        name = suite = time = ""
        for (field = 1; field < NF; field += 2) {
            if ($field ~ /classname=$/) suite = $(field + 1)
            else if ($field ~ /name=$/ && name == "") name = $(field + 1)
            else if ($field ~ /time=$/ && time == "") time = $(field + 1)
            else if ($field ~ /<failure[^>]*message=$/) failures[suite "/" name] = failures[suite "/" name] "\n    " substr($(field + 1), 1, 600)
        }
        if (suite != "" && time > 15) slow[suite "/" name] = time
    }
    END {
        for (test in slow) printf "%4.0f s %s\n", slow[test], test | "sort -rn | head -n 12"
        close("sort -rn | head -n 12")
        for (test in failures) print "FAILED " test failures[test]
    }' "$reports"/*.xml 2>/dev/null

# A run that ended early (a crash) leaves no report, or one without a failure; it is a failure all the same.
if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then bad=1; total=$((total + 1)); fi
if [ "$total" -eq 0 ]; then echo "no test ran"; bad=1; total=1; fi
[ "$skipped" -eq 0 ] || echo "$skipped skipped"
echo "$((total - bad - skipped)) passed, $bad failed"
[ "$bad" -eq 0 ]
