# Everything a fresh machine with the Swift toolchain needs. `make demo` and `make test` set up what they use.

SHELL := /bin/bash
# Where tests that run thousands of reverts work: in memory, if there is such a place.
SHM := $(shell test -w /dev/shm && echo /dev/shm || echo /tmp)
PREFIX ?= /usr/local
SNAP := .build/release/snap
# Tests, in debug, check every access for overlap; the product does not do it at run time.
SWIFT_RELEASE := swift build -c release --product snap -Xswiftc -static-executable -Xswiftc -enforce-exclusivity=unchecked

.PHONY: all deps build test demo install uninstall pages bench bench-gc bench-check format lint clean

all: build

# libzstd, liblz4 and zlib with headers. Nothing is installed where they are there already.
deps:
	@if ! (pkg-config --exists libzstd liblz4 zlib) 2>/dev/null; then \
	  if command -v apt-get >/dev/null; then \
	    if [ "$$(id -u)" = 0 ]; then sudo=; else sudo=sudo; fi; \
	    $$sudo apt-get update -qq && $$sudo apt-get install -y -qq pkg-config libzstd-dev liblz4-dev zlib1g-dev; \
	  else echo "install libzstd, liblz4 and zlib with headers, and pkg-config" >&2; exit 1; fi; fi

# One static executable at .build/release/snap.
build: deps
	$(SWIFT_RELEASE)

# Every test: what breaks a take at each system call, what goes in and out by independent tools, then the test suites.
test: deps
	@missing=; for tool in python3 git setpriv strace patch zsh fish mandoc shellcheck tmux; do command -v $$tool >/dev/null || missing=yes; done; \
	if [ -n "$$missing" ]; then \
	  if [ "$$(id -u)" = 0 ]; then sudo=; else sudo=sudo; fi; $$sudo apt-get update -qq && $$sudo apt-get install -y -qq python3 git util-linux strace patch zstd btrfs-progs xfsprogs zsh fish mandoc shellcheck tmux; fi
	swift build --build-tests
	python3 Tests/Support/write_order.py .build/debug/snap
	Tests/Support/roundtrip.sh .build/debug/snap
	python3 Tests/Support/kill_take.py --mode kill --snap .build/debug/snap --jobs 2
	python3 Tests/Support/kill_take.py --mode fail --errno EIO --snap .build/debug/snap --jobs 2
	python3 Tests/Support/kill_take.py --mode fail --errno ENOENT --snap .build/debug/snap --jobs 2
	python3 Tests/Support/kill_take.py --mode fail-from --errno ENOSPC --snap .build/debug/snap --jobs 2
	python3 Tests/Support/kill_revert.py --mode kill --every 97 --nested 12 --nested-step 250 --nested-errno ENOENT --snap .build/debug/snap --jobs 2 --work $(SHM)
	python3 Tests/Support/kill_revert.py --mode kill --every 211 --user 65534 --store outside --unsaved --snap .build/debug/snap --jobs 2 --work $(SHM)
	python3 Tests/Support/kill_revert.py --mode kill --every 601 --stays --nested 6 --nested-step 120 --snap .build/debug/snap --jobs 2 --work $(SHM)
	python3 Tests/Support/kill_revert.py --mode fail --errno EIO --every 151 --snap .build/debug/snap --jobs 2 --work $(SHM)
	python3 Tests/Support/kill_revert.py --mode fail --errno ENOENT --every 61 --first 3700 --snap .build/debug/snap --jobs 2 --work $(SHM)
	python3 Tests/Support/revert_endings.py --every 7 --snap .build/debug/snap --work $(SHM)
	python3 Tests/Support/revert_model.py --steps 250 --seed 7 --snap .build/debug/snap --work $(SHM)
	python3 Tests/Support/revert_races.py --rounds 20 --snap .build/debug/snap
	python3 Tests/Support/revert_strace.py .build/debug/snap
	python3 Tests/Support/revert_filesystems.py --every 1500 --snap .build/debug/snap
	python3 Tests/Support/kill_gc.py --mode kill --every 13 --snap .build/debug/snap --jobs 2 --work $(SHM)
	python3 Tests/Support/kill_gc.py --mode kill --every 29 --grace --store outside --snap .build/debug/snap --jobs 2 --work $(SHM)
	python3 Tests/Support/kill_gc.py --mode fail --errno EIO --every 23 --snap .build/debug/snap --jobs 2 --work $(SHM)
	python3 Tests/Support/kill_gc.py --mode fail-from --errno ENOSPC --every 41 --snap .build/debug/snap --jobs 2 --work $(SHM)
	python3 Tests/Support/gc_space.py --snap .build/debug/snap
	python3 Tests/Support/gc_stress.py --seconds 30 --seed 7 --snap .build/debug/snap --work $(SHM)
	python3 Tests/Support/diff_pairs.py --pairs 40 --seed 7 --snap .build/debug/snap --work $(SHM)
	python3 Tests/Support/look_names.py --snap .build/debug/snap --work $(SHM)
	python3 Tests/Support/look_faults.py --snap .build/debug/snap --work $(SHM)
	python3 Tests/Support/completions.py --snap .build/debug/snap
	python3 Tests/Support/interrupt_terminal.py --snap .build/debug/snap
	shellcheck completions/snap.bash contrib/prompt/*.bash Tests/*/*.sh Examples/*.sh Benchmarks/*.sh .ci/run
	swift test --skip-build

demo: build
	@Examples/demo.sh $(SNAP)

# Where things go below PREFIX: the executable, the manual, and what each shell loads by itself.
SHARE := $(DESTDIR)$(PREFIX)/share
BASH_COMPLETION := $(SHARE)/bash-completion/completions/snap
ZSH_COMPLETION := $(SHARE)/zsh/site-functions/_snap
FISH_COMPLETION := $(SHARE)/fish/vendor_completions.d/snap.fish

install: build
	install -D -m 0755 $(SNAP) $(DESTDIR)$(PREFIX)/bin/snap
	strip $(DESTDIR)$(PREFIX)/bin/snap
	set -e; for page in man/*; do install -D -m 0644 "$$page" "$(SHARE)/man/man$${page##*.}/$${page##*/}"; done
	install -D -m 0644 completions/snap.bash $(BASH_COMPLETION)
	install -D -m 0644 completions/_snap $(ZSH_COMPLETION)
	install -D -m 0644 completions/snap.fish $(FISH_COMPLETION)

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/snap $(BASH_COMPLETION) $(ZSH_COMPLETION) $(FISH_COMPLETION)
	set -e; for page in man/*; do rm -f "$(SHARE)/man/man$${page##*.}/$${page##*/}"; done

# The manual under man/, docs/reference.md and what else is made from the command table. `make test` compares them.
pages: deps
	SNAP_UPDATE_PAGES=1 swift test --filter 'SnapPagesTests|Completion'

# Side by side with its peers: makes docs/performance.md. Takes about eighty minutes and 40 GB of disk. A bar that is missed is no failure; a row that fails is.
BENCH_WORK ?= /var/tmp/snap-bench
BENCH_PARTS = engine takes trees revert look
BENCH_ROUNDS ?=
bench: build
	Benchmarks/setup.sh $(BENCH_WORK)
	@for part in $(BENCH_PARTS); do \
	  options="$(if $(BENCH_ROUNDS),--rounds $(BENCH_ROUNDS))"; if [ $$part = trees ]; then options="--peers restic,borg-new,tar --rounds 2"; fi; \
	  if [ $$part = look ]; then options="--peers git,restic"; fi; \
	  rm -f $(BENCH_WORK)/$$part.json; python3 Benchmarks/$$part.py $$options --work $(BENCH_WORK) --newest-borg $(BENCH_WORK)/venv/bin/borg --json $(BENCH_WORK)/$$part.json; \
	  status=$$?; if [ $$status -gt 1 ]; then exit $$status; fi; done
	$(BENCH_WORK)/venv/bin/python Benchmarks/page.py docs/performance.md $(foreach part,$(BENCH_PARTS),$(BENCH_WORK)/$(part).json)

# What 'snap gc' costs and leaves, beside restic's and git's: stores of one tree and of many snapshots (collect.py), and 1,200 states of a project from PyPI (history.py). Takes about an hour.
bench-gc: build
	Benchmarks/setup.sh $(BENCH_WORK)
	python3 Benchmarks/collect.py --peers restic --work $(BENCH_WORK) --json $(BENCH_WORK)/collect.json || test $$? = 1
	python3 Benchmarks/history.py --work $(BENCH_WORK) --json $(BENCH_WORK)/history.json || test $$? = 1

# Instruction counts of fixed small workloads, against those in Benchmarks/instructions.json.
bench-check: build
	@if ! command -v valgrind >/dev/null || ! command -v objcopy >/dev/null; then \
	  if [ "$$(id -u)" = 0 ]; then sudo=; else sudo=sudo; fi; $$sudo apt-get update -qq && $$sudo apt-get install -y -qq valgrind binutils; fi
	python3 Benchmarks/instructions.py

format:
	swift format --in-place --recursive Package.swift Sources Tests Examples

lint:
	swift format lint --strict --recursive Package.swift Sources Tests Examples
	@if ! command -v mandoc >/dev/null && command -v apt-get >/dev/null; then \
	  if [ "$$(id -u)" = 0 ]; then sudo=; else sudo=sudo; fi; $$sudo apt-get update -qq && $$sudo apt-get install -y -qq mandoc; fi
	@if command -v mandoc >/dev/null; then mandoc -T lint -W warning man/*; fi

clean:
	rm -rf .build
