# What people and CI call; the work is done by SwiftPM and by the scripts in deploy/.
SWIFT   ?= swift
# Where SwiftPM keeps its products; any directory.
SCRATCH ?= .build
# For `make install`: DESTDIR is put before every path.
DESTDIR ?=
PREFIX  ?= /usr/local
SYSCONFDIR ?= /etc
UNITDIR ?= /etc/systemd/system
UDEVDIR ?= /etc/udev/rules.d
SYSUSERSDIR ?= /usr/lib/sysusers.d
MANDIR  ?= $(PREFIX)/share/man
BASHDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR  ?= $(PREFIX)/share/zsh/site-functions
FISHDIR ?= $(PREFIX)/share/fish/vendor_completions.d
# For `make soak`: the seed (or 1-100), virtual hours, messages a second each way, and which way to the remote broker
# (mqtt, cip, read, qi, bc260y); the seed chooses when that is empty.
SEED    ?= 1-20
HOURS   ?= 4
RATE    ?= 1
LINK    ?=
# For `make bench`: --quick, --only NAME.
BENCH_FLAGS ?=
# For `make fuzz`: seconds for each target, and which (all unless told).
TIME    ?= 60
TARGET  ?=

RELEASE = $(SWIFT) build --scratch-path $(SCRATCH) -c release --static-swift-stdlib -Xlinker -s
BINARY  = $(abspath $(SCRATCH))/release/cellbridge

export SWIFT SCRATCH

.DEFAULT_GOAL := help
.PHONY: help setup build demo test check soak bench fuzz sanitize install clean
.NOTPARALLEL:

help:
	@echo "cellbridge: MQTT through a cellular module's own client"
	@echo
	@echo "  make demo      messages cross between two private brokers through a simulated module"
	@echo "  make test      all tests"
	@echo "  make build     the release binary: $(SCRATCH)/release/cellbridge"
	@echo "  make check     format, imports, tests, a short run of the fuzzers, the budgets of size and memory"
	@echo "  make bench     throughput and latency, as a share of what the line allows"
	@echo "  make soak      the whole bridge under virtual time and faults: SEED=7 HOURS=100 LINK=qi, SEED=1-500"
	@echo "  make fuzz      libFuzzer over everything that reads what others wrote; TIME=60 seconds each, TARGET=lexer"
	@echo "  make sanitize  tests under the thread and the address sanitizer"
	@echo "  make install   binary, unit, manual pages, completions, a sample configuration (DESTDIR, PREFIX)"
	@echo "  make clean     remove $(SCRATCH)"
	@echo
	@echo "All of these but install and clean first install what is missing (deploy/setup.sh)."

setup:
	@deploy/setup.sh

build: setup
	@$(RELEASE) --product cellbridge

demo: build
	@$(BINARY) demo

test: build
	@CELLBRIDGE_BINARY=$(BINARY) deploy/ci/test.sh

check: build
	@CELLBRIDGE_BINARY=$(BINARY) deploy/ci/check.sh

soak: setup
	@$(RELEASE) --product soak
	@$(abspath $(SCRATCH))/release/soak --seed $(SEED) --hours $(HOURS) --rate $(RATE) --link "$(LINK)"

bench: build
	@$(RELEASE) --product bench
	@CELLBRIDGE_BINARY=$(BINARY) $(abspath $(SCRATCH))/release/bench $(BENCH_FLAGS)

fuzz: setup
	@deploy/ci/fuzz.sh $(TIME) $(TARGET)

sanitize: setup
	@deploy/ci/sanitize.sh

install:
	@test -x $(BINARY) || { echo "make install: run make build first" >&2; exit 66; }
	install -D -m 755 $(BINARY) $(DESTDIR)$(PREFIX)/bin/cellbridge
	install -d -m 755 $(addprefix $(DESTDIR),$(MANDIR)/man1 $(MANDIR)/man5 $(BASHDIR) $(ZSHDIR) $(FISHDIR))
	$(BINARY) man cellbridge > $(DESTDIR)$(MANDIR)/man1/cellbridge.1
	$(BINARY) man cellbridge.toml > $(DESTDIR)$(MANDIR)/man5/cellbridge.toml.5
	$(BINARY) completion bash > $(DESTDIR)$(BASHDIR)/cellbridge
	$(BINARY) completion zsh > $(DESTDIR)$(ZSHDIR)/_cellbridge
	$(BINARY) completion fish > $(DESTDIR)$(FISHDIR)/cellbridge.fish
	chmod 644 $(addprefix $(DESTDIR),$(MANDIR)/man1/cellbridge.1 $(MANDIR)/man5/cellbridge.toml.5 \
	    $(BASHDIR)/cellbridge $(ZSHDIR)/_cellbridge $(FISHDIR)/cellbridge.fish)
	install -D -m 644 deploy/60-cellbridge.rules $(DESTDIR)$(UDEVDIR)/60-cellbridge.rules
	install -D -m 644 deploy/sysusers.conf $(DESTDIR)$(SYSUSERSDIR)/cellbridge.conf
	install -d -m 755 $(DESTDIR)$(UNITDIR)
	sed 's|@PREFIX@|$(PREFIX)|g; s|@SYSCONFDIR@|$(SYSCONFDIR)|g' deploy/cellbridge.service \
	    > $(DESTDIR)$(UNITDIR)/cellbridge.service
	chmod 644 $(DESTDIR)$(UNITDIR)/cellbridge.service
	install -d -m 755 $(DESTDIR)$(SYSCONFDIR)/cellbridge
	install -m 644 deploy/mosquitto-cellbridge.conf $(DESTDIR)$(SYSCONFDIR)/cellbridge/mosquitto-cellbridge.conf
	@if [ -e $(DESTDIR)$(SYSCONFDIR)/cellbridge/cellbridge.toml ]; then \
	    echo "$(DESTDIR)$(SYSCONFDIR)/cellbridge/cellbridge.toml is there already: left as it is"; \
	else \
	    install -m 644 deploy/cellbridge.toml $(DESTDIR)$(SYSCONFDIR)/cellbridge/cellbridge.toml; \
	fi
	@echo "next: systemd-sysusers; edit $(SYSCONFDIR)/cellbridge/cellbridge.toml; systemctl daemon-reload;"
	@echo "      udevadm control --reload; systemctl enable --now cellbridge"

clean:
	rm -rf $(SCRATCH)
