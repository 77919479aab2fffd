# The house's commands. Each makes its own virtual environment; nothing but Python 3.11+, cargo and make is needed.
#
#   make demo    run the main job on the example inbox         make wheel       build the abi3 wheel into dist/
#   make test    pass the tests of both halves                 make wheel-test  install it where no Rust is, run a race
#   make lint    every gate of style, types and docs           make bench       measure; print one table
#   make format  rewrite both halves in the one layout         make fuzz        attack the core for FUZZ_SECONDS a target
#   make soak    requests under random faults, then the books

PYTHON ?= python3
BIN := .venv/bin
STAMPS := .venv/stamps
FUZZ_SECONDS ?= 20
CARGO_TARGET_DIR ?= target
# pyo3 builds again whenever its interpreter changes, so every cargo call names the same one.
export PYO3_PYTHON := $(CURDIR)/$(BIN)/python
export CARGO_TARGET_DIR

RUST := Cargo.toml Cargo.lock pyproject.toml $(shell find rust -name '*.rs' -o -name Cargo.toml | grep -v /fuzz/)
PACKAGE := $(shell find python -type f -not -name '*.so' -not -path '*/__pycache__/*')

.PHONY: demo test test-rust test-python lint lint-rustfmt lint-clippy lint-rustdoc lint-ruff lint-mypy lint-pyright \
	lint-stubtest format wheel wheel-test bench bench-streams bench-hedge bench-rust bench-python fuzz soak clean
.DELETE_ON_ERROR:

demo: $(STAMPS)/built
	@$(BIN)/atomic demo $(DEMO)

test: test-rust test-python

test-rust:
	cargo test --quiet --profile quick --package atomic-core --package atomic-transport -- --show-output

# Whatever crosses a socket is tested over both transports.
test-python: $(STAMPS)/built
	$(BIN)/python -m pytest
	$(BIN)/python -m pytest --transport httpx $(shell grep -l SimulatedEndpoint tests/test_*.py)
	$(BIN)/python -m pytest --uvloop -k asyncio tests/test_native.py tests/test_closing.py tests/test_faults.py tests/test_failover.py

lint: lint-rustfmt lint-clippy lint-rustdoc lint-ruff lint-mypy lint-pyright lint-stubtest

lint-rustfmt:
	cargo fmt --all --check
	cargo fmt --manifest-path rust/core/fuzz/Cargo.toml --check

lint-clippy: $(STAMPS)/test
	cargo clippy --quiet --workspace --all-targets -- -D warnings

lint-rustdoc: $(STAMPS)/test
	RUSTDOCFLAGS="-D warnings" cargo doc --quiet --workspace --no-deps --document-private-items

lint-ruff: $(STAMPS)/lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

lint-mypy: $(STAMPS)/lint $(STAMPS)/built
	$(BIN)/mypy
	$(BIN)/mypy tests/typing

lint-pyright: $(STAMPS)/lint $(STAMPS)/built
	$(BIN)/pyright --pythonpath $(BIN)/python

lint-stubtest: $(STAMPS)/lint $(STAMPS)/built
	MYPYPATH=python $(BIN)/python -m mypy.stubtest atomic_ai._core --allowlist tests/typing/stubtest-allowlist.txt

format: $(STAMPS)/lint
	cargo fmt --all
	cargo fmt --manifest-path rust/core/fuzz/Cargo.toml
	$(BIN)/ruff check --quiet --fix-only .
	$(BIN)/ruff format --quiet .

# --- what is built ---------------------------------------------------------------------------

$(STAMPS)/venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "atomic-ai needs Python 3.11 or newer; name one with PYTHON=…")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/test: $(STAMPS)/venv pyproject.toml
	$(BIN)/python -m pip install --quiet 'maturin>=1.9,<2' --group test
	@touch $@

$(STAMPS)/lint: $(STAMPS)/test pyproject.toml
	$(BIN)/python -m pip install --quiet --group lint
	@touch $@

# One extension serves tests and demo: optimised, with overflow checks and debug assertions left on.
$(STAMPS)/built: $(STAMPS)/test $(RUST)
	VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/maturin develop --quiet --profile quick --extras demo,examples
	@touch $@

wheel: $(STAMPS)/wheel

$(STAMPS)/wheel: $(STAMPS)/test $(RUST) $(PACKAGE) README.md LICENSE
	rm -rf dist
	$(BIN)/maturin build --quiet --release --out dist
	@touch $@

wheel-test: $(STAMPS)/wheel
	ATOMIC_WHEEL="$$(ls $(CURDIR)/dist/*.whl)" $(BIN)/python -m pytest tests/test_wheel.py

# --- what is measured ------------------------------------------------------------------------

bench: bench-rust bench-python

# The native transport's streams beside peers, as far as they are installed; needs the mock server, and says so.
bench-streams: .venv-bench/stamp
	.venv-bench/bin/python benches/bench_streams.py
	.venv-bench/bin/python benches/bench_merge.py

# What hedges do to tails: simulated against hindsight, and the simulation against sockets.
bench-hedge: $(STAMPS)/built
	cd benches && ../$(BIN)/python tails.py && ../$(BIN)/python hedge_sockets.py

bench-rust:
	cargo bench --package atomic-core

# The benches see what users install: the release wheel, in an environment of its own. GRAMMARS=1 adds the peers that
# constrain decoding, which bring PyTorch; without them their rows are named as skipped.
bench-python: .venv-bench/stamp
	.venv-bench/bin/python -m pytest benches --override-ini python_files='bench_*.py' --benchmark-columns=min,median,iqr,ops,rounds --benchmark-sort=fullname
	.venv-bench/bin/python benches/referee.py

.venv-bench/stamp: $(STAMPS)/wheel benches/requirements.txt
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --upgrade pip
	.venv-bench/bin/python -m pip install --quiet --requirement benches/requirements.txt
	$(if $(GRAMMARS),.venv-bench/bin/python -m pip install --quiet --requirement benches/requirements-grammars.txt)
	.venv-bench/bin/python -m pip install --quiet --force-reinstall --no-deps dist/*.whl
	.venv-bench/bin/python -m pip install --quiet dist/*.whl
	@touch $@

# --- what is attacked ------------------------------------------------------------------------

# libFuzzer on the stable toolchain: the flags are what cargo-fuzz passes, without a sanitizer, which needs nightly.
# A target triple keeps them off build scripts. libFuzzer itself is C++: this is the one command that needs a compiler
# for it.
FUZZ := rust/core/fuzz
FUZZ_FLAGS := -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
	-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
	-Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing
HOST = $(shell rustc -vV | sed -n 's/^host: //p')

# Random faults over real sockets for twenty minutes; then the books must balance.
SOAK_SECONDS ?= 1200

soak: $(STAMPS)/built
	PYTHONPATH=tests $(BIN)/python benches/soak.py --seconds $(SOAK_SECONDS) $(SOAK)

fuzz:
	RUSTFLAGS="$(FUZZ_FLAGS)" cargo build --quiet --release --manifest-path $(FUZZ)/Cargo.toml --target $(HOST)
	@for target in $(FUZZ)/fuzz_targets/*.rs; do \
		name=$$(basename $$target .rs); mkdir -p $(FUZZ)/corpus/$$name $(FUZZ)/artifacts; \
		echo "== $$name, $(FUZZ_SECONDS) s"; \
		$(CARGO_TARGET_DIR)/$(HOST)/release/$$name -max_total_time=$(FUZZ_SECONDS) -rss_limit_mb=2048 -timeout=10 \
			-verbosity=0 -print_final_stats=1 -dict=$(FUZZ)/json.dict -artifact_prefix=$(FUZZ)/artifacts/$$name- $(FUZZ)/corpus/$$name || exit 1; \
	done

clean:
	rm -rf .venv .venv-bench dist $(CARGO_TARGET_DIR)
