#!/usr/bin/env bash
# Resident memory of `cellbridge run` when it is online and has nothing to do, against deploy/ci/budgets.
# Usage: memory.sh BINARY
set -euo pipefail
cd "$(dirname "$0")/../.."
binary=$(realpath "$1")
# shellcheck source=budgets
. deploy/ci/budgets
mosquitto=$(PATH=$PATH:/usr/sbin:/usr/local/sbin command -v mosquitto) || { echo "mosquitto is not installed" >&2; exit 69; }

directory=$(mktemp -d)
pids=()
finish() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
    rm -rf "$directory"
}
trap finish EXIT
trap 'exit 130' INT TERM

# `until_true SECONDS TEXT COMMAND…`: waits for a condition, not for a time.
until_true() {
    local end=$((SECONDS + $1)) text=$2
    shift 2
    until "$@" 2>/dev/null; do
        if [ $SECONDS -ge $end ] || ! kill -0 "${pids[@]}"; then
            echo "gave up waiting for $text" >&2
            cat "$directory"/*.log >&2
            exit 1
        fi
        sleep 0.1
    done
}
accepts() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

ports=()
for name in local remote; do
    for _ in 1 2 3 4 5; do
        port=$((20000 + RANDOM % 12000))
        accepts "$port" && continue
        {
            echo "listener $port 127.0.0.1"
            echo "allow_anonymous true"
            if [ "$(id -u)" -eq 0 ]; then echo "user root"; fi
        } >"$directory/$name.conf"
        "$mosquitto" -c "$directory/$name.conf" >"$directory/$name.log" 2>&1 &
        pid=$!
        sleep 0.2
        if kill -0 "$pid" 2>/dev/null; then pids+=("$pid"); ports+=("$port"); break; fi
    done
    until_true 10 "the $name broker" accepts "${ports[-1]}"
done

cat >"$directory/bridge.toml" <<TOML
[local]
host = "127.0.0.1"
port = ${ports[0]}
[module]
port = "simulator"
[remote]
host = "127.0.0.1"
port = ${ports[1]}
client_id = "memory"
[[route]]
direction = "out"
topic = "sensors/#"
[[route]]
direction = "in"
topic = "commands/#"
[queue]
path = "$directory/state"
TOML
"$binary" run -c "$directory/bridge.toml" >"$directory/bridge.log" 2>&1 &
bridge=$!
pids=("$bridge" "${pids[@]}")
until_true 30 "the bridge to be online" grep -q '>online' "$directory/bridge.log"
# What only the start needed is given back a second after; memory is the median of five looks.
sleep 2
for _ in 1 2 3 4 5; do
    sleep 0.4
    awk '/^VmRSS/ { rss = $2 } /^RssAnon/ { anon = $2 } END { print rss, anon }' "/proc/$bridge/status"
done | sort -n | sed -n 3p >"$directory/memory"
read -r rss anon <"$directory/memory"
echo "  resident $rss kB of $idle_rss_kb, anonymous $anon kB of $idle_anon_kb"
[ "$rss" -le "$idle_rss_kb" ] && [ "$anon" -le "$idle_anon_kb" ]
