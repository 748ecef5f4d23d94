# acotel-sbc: `make demo` shows it, `make test` proves it. `make help` lists the rest.
SHELL := /bin/bash
.DEFAULT_GOAL := help
BIN := bin/acotel-sbc

.PHONY: help setup setup-test build test test-long lint demo bench bench-packages data clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1	\2/' | expand -t 22

setup: ## installs what the service needs (Debian packages, Go modules), once
	@scripts/setup.sh run

setup-test: ## fetches what the tests need beside that (SIPp, baresip, Kamailio)
	@scripts/setup.sh test

build: ## builds bin/acotel-sbc
	@echo "== build: $(BIN)"
	@go build -trimpath -o $(BIN) ./cmd/acotel-sbc

test: setup-test build ## sets up, builds and runs every test
	@scripts/test.sh

test-long: setup-test build ## what make test leaves out: peers over 100 MB, soaks, campaigns
	@scripts/test-long.sh

lint: ## gofmt, go vet and staticcheck
	@scripts/lint.sh

demo: setup build ## sets up, starts the service with demonstration data and calls it
	@scripts/demo.sh

bench: setup build ## measures the server under load, nine minutes: bench-report/index.html
	@scripts/bench.sh

bench-packages: setup ## benchmarks of the packages
	@scripts/bench-packages.sh

data: ## builds the gazetteer of French communes and their pronunciations anew
	@tools/gazetteer/build.sh
	@go run ./tools/pronunciations hearing/data/pronunciations.tsv.gz

clean: ## removes what was built
	@rm -rf bin
