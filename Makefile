# The commands of texlex. `make help` lists them. Everything is built by CMake and Ninja under build/.
.DEFAULT_GOAL := help
.PHONY: help deps build install run verify simulate chaos cluster-faults mutants test test-dev test-tsan test-engine golden test-python test-neon test-js test-js-browser test-arrow test-leaks fuzz fuzz-frames fuzz-clients bench bench-kernels bench-micro bench-python bench-service bench-service-programs bench-tail lint format coverage clean

FILE ?= test/engine/documents/article.tex
COUNT ?= 100
CONNECTIONS ?= 4
SECONDS ?= 60
SEEDS ?= 1..1000000
FRAMES ?= 100000000
MUTANT_SEEDS ?= 20000
FUZZERS ?= scan_fuzz answers_fuzz server_fuzz session_fuzz node_fuzz client_fuzz config_fuzz
REPETITIONS ?= 5
ROUNDS ?= 3
HOSTILE_ROUNDS ?= 100000
PREFIX ?= /usr/local
RUN_SECONDS ?= 1

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "  Variables: PREFIX=/usr/local for install; FILE=paper.tex COUNT=100 CONNECTIONS=4 for verify;"
	@echo "  FILES='a.tex b.tex' for test-engine and bench-kernels; REPETITIONS=5 for bench-kernels; QUICK=1 for bench-micro; ROUNDS=3 RUN_SECONDS=1"
	@echo "  LARGE=1mb.tex SMALL=4kb.tex for bench-service, bench-tail; SECONDS=60 FUZZERS=scan_fuzz for fuzz"

deps: ## Install the Debian packages that are missing
	@deploy/install-dependencies

build: deps ## Build build/release/texlex and build/release/texlexd
	@cmake --preset release >/dev/null
	@cmake --build --preset release --target texlex texlexd

install: build ## Install programs, library and headers under PREFIX; DESTDIR is put before it
	@cmake --build --preset release --target texlex_shared texlex_static texlex_client_shared
	@cmake --install build/release --prefix $(PREFIX)

run: build ## Start texlexd in the foreground, check it with a sample document, tell how to query it
	@deploy/run

verify: build ## Send FILE through a texlexd of its own and compare with the result in process
	@deploy/verify "$(FILE)" "$(COUNT)" "$(CONNECTIONS)"

test: deps ## Build and run the whole test suite
	@cmake --preset release >/dev/null
	@cmake --build --preset release
	@ctest --preset release

test-dev: deps ## The same by clang, its warnings errors too, with asserts, AddressSanitizer and UndefinedBehaviorSanitizer
	@deploy/install-dependencies --clang
	@cmake --preset dev >/dev/null
	@cmake --build --preset dev
	@ctest --preset dev

test-tsan: deps ## What has several threads and no CAF, under ThreadSanitizer
	@deploy/install-dependencies --clang
	@cmake --preset tsan >/dev/null
	@cmake --build --preset tsan
	@ctest --preset tsan

simulate: deps ## The service's decisions in simulated worlds full of faults: SEEDS=1..1000000 MINUTES=10
	@cmake --preset release >/dev/null
	@cmake --build --preset release --target texlex-simulate
	@build/release/texlex-simulate --seeds $(SEEDS) --minutes $(or $(MINUTES),10)

chaos: build ## A real texlexd under load and faults of all kinds, every reply checked: MINUTES=5, SEED=1 replays
	@cmake --build --preset release --target chaos_shim
	@test/chaos/chaos --minutes $(or $(MINUTES),5) $(if $(SEED),--seed $(SEED))

cluster-faults: build ## Nodes in network namespaces (root), and between them all that may fail, every reply checked: MINUTES=10, SEED=1 replays
	@deploy/install-dependencies --cluster
	@cmake --build --preset release --target cluster_relay
	@test/cluster/cluster --minutes $(or $(MINUTES),10) $(if $(SEED),--seed $(SEED))

mutants: deps ## Plausible bugs, one at a time: which tests see them. MUTANT_SEEDS=20000
	@SEEDS=$(MUTANT_SEEDS) test/mutants/run

test-engine: build ## Compare FILES (default: all recorded documents) with LuaTeX, live, in all regimes
	@deploy/install-dependencies --engine
	@cmake --build --preset release --target engine_compare
	@test/engine/compare-live $(FILES)

golden: deps ## Write test/golden/vectors.json anew, by the reference kernel
	@cmake --preset release >/dev/null
	@cmake --build --preset release --target make_golden_vectors
	@build/release/make_golden_vectors >build/golden-vectors.json
	@mv build/golden-vectors.json test/golden/vectors.json

test-python: deps ## The Python client: its wheel, built and installed into a virtual environment, and its tests
	@deploy/install-dependencies --python
	@cmake --preset release >/dev/null
	@cmake --build --preset release --target texlexd texlex_shared
	@deploy/test-python

test-neon: ## The NEON kernel against the reference, under qemu (cross-compiled)
	@deploy/install-dependencies --neon
	@test/fuzz/run-neon

test-js: build ## The JavaScript client: WebAssembly modules, its tests, the package build/js/texlex-*.tgz
	@deploy/install-dependencies --js
	@deploy/js test

test-js-browser: ## The package in headless Chromium
	@deploy/install-dependencies --js --js-browser
	@deploy/js browser

test-arrow: build ## What is written as Arrow, by two readers of it that npm installs
	@deploy/install-dependencies --js --npm
	@deploy/test-arrow

test-leaks: build ## After 100 000 hostile connections as many files are open and as much memory is used as before
	@cmake --build --preset release --target e2e
	@TEXLEX_LEAK_ROUNDS=100000 build/release/e2e --log_level=message --run_test='descriptors_test/after_many*'

fuzz: ## Fuzz every kernel against the reference, and both sides of the protocol, for SECONDS each; FUZZERS=scan_fuzz
	@deploy/install-dependencies --clang
	@cmake --preset fuzz >/dev/null
	@cmake --build --preset fuzz --target $(FUZZERS)
	@test/fuzz/run $(SECONDS) $(FUZZERS)

fuzz-frames: deps ## FRAMES=100000000 frames of both protocols, right, changed or random, into what reads them
	@cmake --preset release >/dev/null
	@cmake --build --preset release --target session_fuzz_test answers_fuzz_test client_fuzz_test
	@test/fuzz/run-frames $(FRAMES)

fuzz-clients: build ## A hostile server at the Python and the JavaScript client: HOSTILE_ROUNDS=100000, TEXLEX_SEED=1 replays
	@deploy/install-dependencies --python --js
	@cmake --build --preset release --target texlex_shared
	@TEXLEX_HOSTILE_ROUNDS=$(HOSTILE_ROUNDS) deploy/test-python -s -k hostile_chance
	@TEXLEX_HOSTILE_ROUNDS=$(HOSTILE_ROUNDS) deploy/js test clients/js/test/hostile_chance_test.js

bench: ## Measure everything but instructions, in under ten minutes: build/bench/summary.md and summary.json
	@NO_INSTRUCTIONS=1 $(MAKE) --no-print-directory bench-kernels REPETITIONS=3
	@$(MAKE) --no-print-directory bench-micro bench-service
	@bench/summarize

bench-service-programs: deps
	@deploy/install-dependencies --bench
	@cmake --preset release -DTEXLEX_BENCH=ON >/dev/null
	@cmake --build --preset release --target texlex texlexd bare_server columns_bench

bench-service: bench-service-programs ## Measure texlexd beside a bare server, in load and overload, and count what a request costs; LARGE=1mb.tex SMALL=4kb.tex
	@bench/run-service --rounds $(ROUNDS) --seconds $(RUN_SECONDS) $(if $(LARGE),--large $(LARGE)) $(if $(SMALL),--small $(SMALL))

bench-tail: bench-service-programs ## Measure the tail under stalls, overload, mixed sizes, rotations, kills, hostile clients: 18 minutes
	@bench/run-tail $(if $(LARGE),--large $(LARGE)) $(if $(SMALL),--small $(SMALL)) $(PARTS)

bench-kernels: deps ## Measure the kernels beside what they are judged by; FILES are measured too
	@deploy/install-dependencies --bench
	@cmake --preset release -DTEXLEX_BENCH=ON >/dev/null
	@cmake --build --preset release --target kernels_bench costs_bench
	@bench/run-kernels $(REPETITIONS) $(FILES)

bench-python: deps ## Measure what the Python client adds to a call of the library
	@deploy/install-dependencies --bench --python
	@cmake --preset release -DTEXLEX_BENCH=ON >/dev/null
	@cmake --build --preset release --target texlexd texlex_shared library_calls
	@bench/run-python

bench-micro: deps ## Measure the service's parts: hops, timers, memory, frames, copies
	@deploy/install-dependencies --bench
	@cmake --preset release -DTEXLEX_BENCH=ON >/dev/null
	@cmake --build --preset release --target texlex texlexd copy_count frame_bench hops_bench memory_bench timer_bench
	@bench/run-micro $(if $(QUICK),--quick)

lint: ## clang-format and clang-tidy over all sources
	@deploy/install-dependencies --lint
	@deploy/lint

format: ## Let clang-format rewrite all sources
	@deploy/install-dependencies --lint
	@git ls-files '*.cpp' '*.hpp' '*.h' | xargs clang-format -i

coverage: ## Which lines and branches the tests reach, held against test/coverage/rules.toml: build/coverage/report
	@deploy/install-dependencies --coverage
	@cmake --preset coverage >/dev/null
	@cmake --build --preset coverage
	@test/coverage/run

clean: ## Remove build/ and what the clients' packages were built from it
	@rm -rf build clients/js/build clients/js/LICENSE clients/python/build clients/python/src/texlex.egg-info
