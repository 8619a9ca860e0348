# `make` alone lists the targets.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
BINARIES := api worker scheduler standalone simulator tickerctl frontend
BENCHED := $(addprefix bin/,bench api worker scheduler tickerctl standalone)
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.7.0
GOSEC := github.com/securego/gosec/v2/cmd/gosec@v2.30.0
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.9.0
TESTFLAGS ?=
# The plugin of docker where it is installed, else the program of its own.
COMPOSE ?= $(shell docker compose version >/dev/null 2>&1 && echo docker compose || echo docker-compose)
# Those that take longest come first: what begins last should not be what ends last.
PACKAGES ?= ./internal/app ./tasks ./internal/backtest ./handlers ./store ./...
CASE ?=
FUZZTIME ?= 60s
SECONDS ?= 300
E2E ?=
SET ?= reads

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: ## everything in one process, with the outside world simulated: http://localhost:8080
	@scripts/pages.sh --if-node
	@$(MAKE) --no-print-directory bin/standalone
	@exec bin/standalone

.PHONY: pages
pages: ## build the front end's pages, where they changed; Node.js 20 or newer must be installed
	@scripts/pages.sh

.PHONY: build
build: $(addprefix bin/,$(BINARIES)) ## every binary into bin/

bin/%: FORCE
	@mkdir -p bin
	@go build -o $@ ./cmd/$*

.PHONY: FORCE
FORCE:

.PHONY: test
test: ## install and start real Postgres, Redis and Milvus, check the code and run every test with -race
	@scripts/install-test-services.sh --browser
	@$(MAKE) --no-print-directory check pages-check
	@$(MAKE) --no-print-directory walks
	@go run ./cmd/withservers -postgres -redis -milvus -- go test -race -timeout 15m $(TESTFLAGS) $(PACKAGES)

.PHONY: chaos
chaos: $(addprefix bin/,api worker scheduler simulator tickerctl chaos) ## break the running program on purpose and check it: make chaos CASE=6
	@bin/chaos -case '$(CASE)'

.PHONY: chaos-large
chaos-large: $(addprefix bin/,api worker scheduler simulator tickerctl chaos) ## the same with slow, silent and lossy networks, a deploy, a failover and Milvus: it must be installed
	@bin/chaos -set large

.PHONY: check
check: ## formatting, vet, staticcheck and the compose file
	@test -z "$$(gofmt -l cmd frontend/*.go handlers internal store tasks | tee /dev/stderr)"
	@go vet ./...
	@go run $(STATICCHECK) ./...
	@POSTGRES_PASSWORD=x MINIO_PASSWORD=x TOKEN_SECRET=x $(COMPOSE) config -q

.PHONY: pages-check
pages-check: ## the pages' types, unit tests and sizes; without Node.js they are left out, but not under CI
	@scripts/pages.sh --check

.PHONY: e2e
e2e: ## the whole program in a browser, behind nginx with TLS: make e2e E2E=news
	@scripts/install-test-services.sh --browser
	@scripts/pages.sh
	@$(MAKE) --no-print-directory bin/standalone
	@cd frontend && npx vitest run --config e2e/vitest.config.ts $(E2E)

# A walk that was slower than its patience on a busy machine is walked once more, and both are told.
.PHONY: walks
walks: ## those of e2e that walk through the program: sign in, read, follow a story, order, retry; without Node.js as pages-check
	@scripts/pages.sh --if-node
	@test ! -f frontend/out/404.html || { $(MAKE) --no-print-directory bin/standalone && \
		cd frontend && npx vitest run --config e2e/vitest.config.ts --retry 1 signin routing reading flows; }

# What only developers run is left out: the harnesses, which start and kill programs, and the kits of the tests. Every other
# finding is explained where it stands.
.PHONY: gosec
gosec: ## look for what attackers look for: minutes
	@go run $(GOSEC) -quiet $(addprefix -exclude-dir=,internal/bench internal/chaos internal/upstream/upstreamtest internal/tracing/tracingtest \
	 store/storetest store/vectors/vectorstest) ./...

.PHONY: vulncheck
vulncheck: ## known holes of what we import, from vuln.go.dev, which must be reachable
	@go run $(GOVULNCHECK) ./...

.PHONY: lighthouse
lighthouse: ## Lighthouse's figures of the dashboard, a stock and the statistics, as a table; LIGHTHOUSE_RUNS=5
	@scripts/install-test-services.sh --browser
	@scripts/pages.sh
	@$(MAKE) --no-print-directory bin/standalone
	@scripts/lighthouse.sh

.PHONY: lint
lint: ## the full set of linters; golangci-lint must be installed
	@golangci-lint run

.PHONY: fuzz
fuzz: ## run every fuzz target for a minute each: make fuzz FUZZTIME=10s
	@scripts/fuzz.sh $(FUZZTIME)

.PHONY: client
client: ## write the typed TypeScript client of the API into frontend/
	@mkdir -p frontend/lib
	@go run ./cmd/tickerctl client > frontend/lib/api.gen.ts.new
	@mv frontend/lib/api.gen.ts.new frontend/lib/api.gen.ts

.PHONY: schemathesis
schemathesis: bin/standalone ## call every route of the running program as its document says, and as it does not: make schemathesis SECONDS=60
	@scripts/schemathesis.sh '$(SECONDS)'

.PHONY: golden
golden: ## write the golden files anew; look at the diff
	@go test ./internal/notice/... ./internal/upstream/dart ./internal/upstream/feed ./internal/upstream/kis ./internal/upstream/krx ./internal/upstream/naver ./internal/upstream/naverstock ./internal/forecast/prompt/... -update

.PHONY: bench
bench: $(BENCHED) ## measure the program against its goals: a table, and bench/out/results.json
	@bin/bench

.PHONY: bench-large
bench-large: $(BENCHED) ## the measurements that take minutes
	@bin/bench -set large

.PHONY: bench-reads
bench-reads: $(BENCHED) ## the API's answers beside the same reads in FastAPI: make bench-reads SET=reads-large for a million articles
	@bin/bench -set '$(SET)'

.PHONY: soak
soak: $(BENCHED) ## keep every upstream's enforced limits with four workers, and bear a sick source: fails when a goal is missed
	@bin/bench -set soak

.PHONY: migrate
migrate: bin/tickerctl ## bring the schema of DATABASE_URL up to date
	@bin/tickerctl migrate

.PHONY: migration
migration: ## open the next migration: make migration name=concern
	@test -n "$(name)" || { echo "name=... is missing" >&2; exit 1; }
	@last=$$(ls store/migrations/*.sql | tail -1 | xargs basename | cut -c1-4); \
	 file=$$(printf 'store/migrations/%04d_%s.sql' $$((10#$$last + 1)) "$(name)"); \
	 echo "-- What this changes and why." > $$file; echo $$file

.PHONY: certs
certs: ## a self-signed certificate for nginx, for a year
	@mkdir -p deploy/nginx/certs
	@openssl req -x509 -newkey rsa:2048 -nodes -days 365 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
	 -keyout deploy/nginx/certs/tls.key -out deploy/nginx/certs/tls.crt 2>/dev/null

.PHONY: up
up: ## everything in containers, behind nginx with TLS
	@test -f deploy/nginx/certs/tls.crt || $(MAKE) --no-print-directory certs
	@$(COMPOSE) up --build --detach
