# make run    builds wsd and serves an example with the console
# make check  is for between two edits: formatting, vet, the quick tests
# make test   runs all tests
# make help   lists the rest

VERSION     ?= $(shell sh .ci/version)
DATE        ?= $(shell git log -1 --format=%cs 2>/dev/null)
STATICCHECK ?= honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOVULNCHECK ?= golang.org/x/vuln/cmd/govulncheck@v1.8.0
WSD          = bin/wsd
ADDRESS     ?= localhost
PORT        ?= 8080
FUZZTIME    ?= 10s
DURATION    ?= 10m
SESSIONS    ?= 10000
PREFIX      ?= /usr/local
DESTDIR     ?=
BENCHSTAT   ?= golang.org/x/perf/cmd/benchstat@v0.0.0-20260908200009-22c9c6c9d4da
# What is released.
PLATFORMS   ?= linux-amd64 linux-arm64 linux-386 linux-arm linux-riscv64 \
               darwin-amd64 darwin-arm64 freebsd-amd64 windows-amd64
NFPM        ?= github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.45.2
# What is built from a commit has its time, so that it is the same each time.
SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null)
# linux-arm is for any Raspberry Pi.
export GOARM := 6

# The race detector needs a C compiler. Where there is none the tests run
# without it; CI never does.
RACE := $(if $(filter 1,$(shell go env CGO_ENABLED)),-race,$(if $(filter true,$(CI)),-race,))

# $(call tests,FLAGS,PACKAGES,...) tests packages of this module and, where there
# is a third argument, the relay's. Given several, go test holds back the line of
# each that ends before those it was named after; so each has a go test of its own.
# They always run anew: some build wsd, and go would not see that it has changed.
# The longest begin first, and one more than there are processors, since they wait
# more than they compute. make check and make lint vet; linking without debug
# information takes half the time.
FOLDERS := go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.Dir}}{{end}}'
define tests
@folders=$$( $(if $(3),(cd examples/relay && $(FOLDERS) ./...) && )$(FOLDERS) $(2)) && \
echo "$$folders" | xargs -P $$(expr $$(getconf _NPROCESSORS_ONLN) + 1) -I FOLDER go test -C FOLDER -count=1 -vet=off -ldflags=-w $(1) .
endef

# What make install puts below PREFIX, and make uninstall takes away.
PAGES := share/man/man1/wsd.1 share/bash-completion/completions/wsd \
         share/zsh/site-functions/_wsd share/fish/vendor_completions.d/wsd.fish
DOCS  := share/doc/wsd
UNITS := $(if $(filter Linux,$(shell uname)),lib/systemd/system/wsd.service lib/systemd/system/wsd.socket)
TARGET = $(DESTDIR)$(PREFIX)

.PHONY: build run check test test386 style lint vulncheck cross bench docs pictures soak fuzz faults e2e man completions install uninstall archives packages image clean help

# Without C, wsd asks no library for names of hosts and users, and needs no other file.
build: export CGO_ENABLED := 0

build: ## build bin/wsd
	go build -trimpath -ldflags "-X main.version=$(VERSION) -X main.date=$(DATE)" -o $(WSD) ./cmd/wsd

run: build ## serve an example with the console at http://localhost:8080/
	@if bash -c ': <>/dev/tcp/$(ADDRESS)/$(PORT)' 2>/dev/null; then \
		echo "make: another program has port $(PORT): make run PORT=9000"; exit 1; \
	fi
	$(WSD) --address=$(ADDRESS) --port=$(PORT) --devconsole examples/greeter/greeter.sh

check: style ## gofmt, go vet and the quick tests, for between two edits
	$(call tests,-short,./server ./...,relay)

test: ## run all tests, with the race detector where that is possible
	$(if $(RACE),,@echo "make: no C compiler, so the tests run without the race detector")
	$(call tests,$(RACE),./cmd/wsd/faults ./server ./cmd/wsd ./...,relay)
	$(if $(RACE),go test -count=1 -run Allocat ./server/...)

test386: export GOARCH := 386
test386: export CGO_ENABLED := 0

test386: ## test as a program of 32 bits, on a machine that runs those of linux/386
	$(call tests,,./server/... ./exec/... ./cmd/wsd)

style: ## gofmt and go vet
	@files=$$(gofmt -l cmd exec server examples docs); \
	if [ -n "$$files" ]; then echo "gofmt would change:"; echo "$$files"; exit 1; fi
	go vet -tags e2e ./...
	go vet -C examples/relay -tags e2e ./...

lint: style ## gofmt, go vet, staticcheck, govulncheck
	go run $(STATICCHECK) -tags e2e ./...
	cd examples/relay && go run $(STATICCHECK) -tags e2e ./...
	@$(MAKE) --no-print-directory vulncheck

vulncheck: export GOVULNCHECK := $(GOVULNCHECK)
vulncheck: export VULNDB := $(VULNDB)

vulncheck: ## look for known vulnerabilities; needs vuln.go.dev, or VULNDB=URL
	@bash .ci/vulncheck

# -trimpath as in a release, so that the two share what they have compiled.
cross: ## build and vet for the other platforms
	@for platform in $(filter-out linux-amd64 linux-arm64 darwin-amd64,$(PLATFORMS)); do \
		echo "$$platform"; \
		export GOOS=$${platform%-*} GOARCH=$${platform#*-} CGO_ENABLED=0; \
		go build -trimpath -o /dev/null ./... && go vet -trimpath ./... || exit 1; \
	done

bench: ## compare wsd with websocketd and with the yardstick, and draw docs/speed.svg
	go build -o bin/ ./cmd/wsd ./cmd/wsbench ./cmd/wsbench/yardstick
	bin/wsbench compare websocketd=$(or $(WEBSOCKETD),websocketd) wsd=bin/wsd yardstick=bin/yardstick >bin/bench.txt
	go run $(BENCHSTAT) -col daemon bin/bench.txt
	go run $(BENCHSTAT) -col daemon -filter .unit:op/s -format csv bin/bench.txt >bin/bench.csv
	@command -v gnuplot >/dev/null || { echo "make: gnuplot is missing, so docs/speed.svg stays as it is"; exit 0; }; \
	gnuplot -c cmd/wsbench/speed.gp bin/bench.csv docs/speed.svg

docs: ## write the tables of docs/flags.md
	go test -count=1 -run TestFlagsPage ./cmd/wsd -update

pictures: build ## write the pictures of README.md, with Chromium
	cd testdata/browser && npm ci --ignore-scripts && WSD="$(CURDIR)/bin/wsd" PICTURES="$(CURDIR)/docs" PORT=$(PORT) node --test pictures.test.mjs

soak: ## load wsd for DURATION with SESSIONS at once, and check everything
	go build -o bin/ ./cmd/wsd ./cmd/wssoak
	bin/wssoak bin/wsd --duration=$(DURATION) --sessions=$(SESSIONS)

fuzz: ## run each fuzz target for FUZZTIME
	@for module in . examples/relay; do \
		for package in $$(go list -C $$module ./...); do \
			for target in $$(go test -C $$module -list '^Fuzz' $$package | grep '^Fuzz'); do \
				echo "$$package $$target"; \
				go test -C $$module -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$package || exit 1; \
			done; \
		done; \
	done

faults: ## as root: provoke faults, those included that only root can
	go test $(RACE) -count=1 -tags e2e ./cmd/wsd/faults

e2e: build ## run it all for real: proxies, systemd, the relay, a browser
	go test -count=1 -tags e2e ./examples/proxy
	go test $(RACE) -count=1 -tags e2e -run "Conformance|EveryCloseCode" ./server
	cd testdata/browser && npm ci --ignore-scripts && WSD="$(CURDIR)/bin/wsd" node --test
	cd examples/relay/browser && npm ci --ignore-scripts
	cd examples/relay && go test $(RACE) -count=1 -tags e2e -run TestBrowser .

man: bin/share/man/man1/wsd.1 ## write the man page to bin/share

completions: $(addprefix bin/,$(PAGES)) ## write completions for bash, zsh and fish to bin/share

install: $(addprefix bin/,$(PAGES)) ## install below PREFIX, /usr/local unless given, and DESTDIR
	install -d $(foreach dir,$(sort bin/ $(dir $(PAGES) $(UNITS))),"$(TARGET)/$(dir)")
	install -m 755 bin/wsd "$(TARGET)/bin/wsd"
	for page in $(PAGES); do install -m 644 "bin/$$page" "$(TARGET)/$$page" || exit 1; done
	sh .ci/doc "$(TARGET)/$(DOCS)"
	for unit in $(UNITS); do \
		install -m 644 "examples/systemd/$${unit##*/}" "$(TARGET)/$$unit" && \
		sed 's,/usr/bin/wsd,$(PREFIX)/bin/wsd,' "examples/systemd/$${unit##*/}" > "$(TARGET)/$$unit" || exit 1; \
	done

uninstall: ## remove what make install has installed
	rm -f $(foreach file,bin/wsd $(PAGES) $(UNITS),"$(TARGET)/$(file)")
	rm -rf "$(TARGET)/$(DOCS)"

# Whoever installs may have no Go: nothing here is built that is up to date.
bin/wsd: go.mod go.sum $(shell find cmd/wsd server exec -type f ! -name '*_test.go')
	$(MAKE) build

bin/share/man/man1/wsd.1: bin/wsd
	@mkdir -p $(@D)
	bin/wsd --man > $@

bin/share/bash-completion/completions/wsd: bin/wsd
	@mkdir -p $(@D)
	bin/wsd --completion=bash > $@

bin/share/zsh/site-functions/_wsd: bin/wsd
	@mkdir -p $(@D)
	bin/wsd --completion=zsh > $@

bin/share/fish/vendor_completions.d/wsd.fish: bin/wsd
	@mkdir -p $(@D)
	bin/wsd --completion=fish > $@

archives packages: export PLATFORMS := $(PLATFORMS)
archives packages image: export VERSION := $(VERSION)
archives packages image: export DATE := $(DATE)
archives packages image: export SOURCE_DATE_EPOCH := $(SOURCE_DATE_EPOCH)
archives packages: export NFPM := $(NFPM)

archives: ## build dist/: an archive for each platform
	bash .ci/archives

packages: ## build dist/: Debian and RPM packages
	bash .ci/packages

image: ## build dist/: a container image from nothing but wsd, with buildah
	bash .ci/image

clean: ## remove what was built
	rm -rf bin dist

help: ## list the targets
	@sed -n 's/^\([a-z0-9]*\):[^#]*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20
