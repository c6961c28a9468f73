# make run    builds wsd and serves an example with the console
# make test   runs all tests
# make help   lists the rest

VERSION     ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
STATICCHECK ?= honnef.co/go/tools/cmd/staticcheck@v0.8.2
ADDRESS     ?= localhost
PORT        ?= 8080
FUZZTIME    ?= 10s

# The race detector needs a C compiler. Where there is none the tests run
# without it; CI never does.
RACE := $(if $(filter 1,$(shell go env CGO_ENABLED)),-race,$(if $(filter true,$(CI)),-race,))

.PHONY: build run test lint cross bench fuzz clean help

build: ## build bin/wsd
	go build -trimpath -ldflags "-X main.version=$(VERSION)" -o bin/wsd ./cmd/wsd

run: build ## serve an example with the console at http://localhost:8080/
	bin/wsd --address=$(ADDRESS) --port=$(PORT) --devconsole examples/greeter/greeter.sh

test: ## run all tests, with the race detector where that is possible
	$(if $(RACE),,@echo "make: no C compiler, so the tests run without the race detector")
	go test $(RACE) ./...

lint: ## gofmt, go vet, staticcheck
	@files=$$(gofmt -l cmd exec server examples); \
	if [ -n "$$files" ]; then echo "gofmt would change:"; echo "$$files"; exit 1; fi
	go vet ./...
	go run $(STATICCHECK) ./...

cross: ## build and vet for the other platforms
	@for os in darwin windows freebsd; do \
		echo "GOOS=$$os"; \
		GOOS=$$os CGO_ENABLED=0 go build -o /dev/null ./... && GOOS=$$os CGO_ENABLED=0 go vet ./... || exit 1; \
	done

bench: ## compare wsd with websocketd and with the yardstick
	go build -o bin/ ./cmd/wsd ./cmd/wsbench ./cmd/wsbench/yardstick
	bin/wsbench compare websocketd=$(or $(WEBSOCKETD),websocketd) wsd=bin/wsd yardstick=bin/yardstick

fuzz: ## run each fuzz target for FUZZTIME
	@for package in $$(go list ./...); do \
		for target in $$(go test -list '^Fuzz' $$package | grep '^Fuzz'); do \
			echo "$$package $$target"; \
			go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$package || exit 1; \
		done; \
	done

clean: ## remove what was built
	rm -rf bin dist

help: ## list the targets
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16
