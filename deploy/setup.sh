#!/usr/bin/env bash
# Installs what building, testing and the demo need on Debian 12 and is not there yet.
# Nothing is missing: no output, no privileges needed. Run by `make build`, `make test` and `make demo`.
set -euo pipefail

# package|why
wanted=(
    "libmosquitto-dev|MQTT to the local broker"
    "libsqlite3-dev|the outbox and the inbox on disk"
    "libssl-dev|certificates, and the simulated module's TLS"
    "libtomlplusplus-dev|reading the configuration"
    "libjansson-dev|the control socket's JSON"
    "libedit-dev|line editing in cellbridge console"
    "libgpiod-dev|resetting the module by a GPIO line"
    "pkg-config|finding those libraries"
    "mosquitto|the brokers of the demo and the tests"
    "mosquitto-clients|trying things by hand, and tests"
    "openssl|certificates for tests"
)

if ! command -v swift >/dev/null 2>&1; then
    echo "setup: swift is not on PATH; install Swift 6.2 or later (https://www.swift.org/install/linux)" >&2
    exit 69
fi
if ! command -v dpkg-query >/dev/null 2>&1; then
    echo "setup: this is no Debian; install by your own means what these packages hold:" >&2
    for entry in "${wanted[@]}"; do echo "  ${entry%%|*}: ${entry#*|}" >&2; done
    echo "setup: going on as if all of it were there" >&2
    exit 0
fi

missing=()
for entry in "${wanted[@]}"; do
    package=${entry%%|*}
    state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing+=("$entry")
done
[ ${#missing[@]} -gt 0 ] || exit 0

packages=()
for entry in "${missing[@]}"; do packages+=("${entry%%|*}"); done

root=()
if [ "$(id -u)" -ne 0 ]; then
    if command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
        root=(sudo -n)
    else
        echo "setup: ${#packages[@]} package(s) are missing and this user may not install them. Run this once, then again:" >&2
        echo "  su -c 'apt-get update && apt-get install -y --no-install-recommends ${packages[*]}'" >&2
        if [[ " ${packages[*]} " == *" mosquitto "* ]]; then
            echo "setup: (that also starts a broker on port 1883; not wanted: systemctl disable --now mosquitto)" >&2
        fi
        exit 77
    fi
fi

echo "setup: installing with apt-get:"
for entry in "${missing[@]}"; do echo "  ${entry%%|*}: ${entry#*|}"; done

# The package `mosquitto` starts a broker on port 1883, which nobody asked for here: the demo and the tests start
# their own on free ports. invoke-rc.d asks policy-rc.d whether a service may start; 101 is "no". One that is there
# already is the host's own policy and stays; ours is gone again when this script ends, however it ends.
policy=/usr/sbin/policy-rc.d
if [[ " ${packages[*]} " == *" mosquitto "* ]] && [ ! -e "$policy" ]; then
    trap '"${root[@]}" rm -f "$policy"' EXIT
    trap 'exit 130' INT TERM
    printf '#!/bin/sh\nexit 101\n' | "${root[@]}" tee "$policy" >/dev/null
    "${root[@]}" chmod 755 "$policy"
    echo "setup: the system's own mosquitto is not started (it would be at the next boot: systemctl disable mosquitto)"
fi

install() {
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
        -o Dpkg::Use-Pty=0 "${packages[@]}"
}
# Lists that are fresh enough are used as they are; a fresh image has none, and old ones name packages that are gone.
if ! apt-get install -s -q --no-install-recommends "${packages[@]}" >/dev/null 2>&1 || ! install; then
    "${root[@]}" apt-get update -q
    install
fi
