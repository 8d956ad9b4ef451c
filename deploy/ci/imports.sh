#!/usr/bin/env bash
# The pure targets import nothing but each other as Package.swift says: no clock, no I/O, no randomness of their own.
set -euo pipefail
cd "$(dirname "$0")/../.."

bad=0
check() {
    local target=$1 allowed=" $2 " file line module
    while IFS=: read -r file line text; do
        module=$(sed -E 's/^.*import +((struct|class|enum|func|protocol|typealias|let|var) +)?([A-Za-z_0-9]+).*$/\3/' <<<"$text")
        if [[ "$allowed" != *" $module "* ]]; then
            echo "$file:$line: $target is pure and may not import $module" >&2
            bad=1
        fi
    done < <(grep -rnE '^[[:space:]]*(@[A-Za-z_()]+ +)*((public|package|internal|private|fileprivate) +)?import ' "Sources/$target" || true)
}
check ATProtocol ""
check BridgeCore ""
check ModemCore "ATProtocol"

# The simulator shares no parsing with the driver: a shared lexer would hide a shared misreading.
if grep -rnE '^[[:space:]]*((public|package|internal) +)?import (ATProtocol|ModemCore|BridgeCore|BridgeRuntime)' \
    Sources/ModuleSimulator >&2; then
    echo "the simulator imports the driver it is there to test" >&2
    bad=1
fi

# What the standard library itself has of clocks and chance.
if grep -rnE 'ContinuousClock|SuspendingClock|SystemRandomNumberGenerator|\.random\(in: [^)]*\)$' \
    Sources/ATProtocol Sources/BridgeCore Sources/ModemCore | grep -v '^[^:]*:[0-9]*: *///' >&2; then
    echo "a pure target reads a clock or draws its own random numbers" >&2
    bad=1
fi
# Foundation costs megabytes; nothing needs it.
if grep -rnE '^[[:space:]]*((public|package|internal|@testable) +)?import Foundation' Sources Tests examples fuzz/Sources/fuzz >&2; then
    echo "Foundation is imported" >&2
    bad=1
fi
exit $bad
