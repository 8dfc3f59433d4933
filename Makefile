.PHONY: test race lint fuzz bench docs ci

test: ## everything, the unreleased modules included
	go test work

race:
	go test -race -timeout 90m work

lint: ## with golangci-lint, where it is installed
	golangci-lint run ./...

fuzz: ## one target for a while: make fuzz PKG=./token TARGET=FuzzVerify TIME=5m
	go test -run '^$$' -fuzz '^$(TARGET)$$' -fuzztime $(or $(TIME),1m) $(PKG)

bench:
	go test -run '^$$' -bench . -benchmem ./...

docs: ## the conformance page and the golden list of dependencies
	go run ./internal/conformance
	go test -run TestDependencies . -update

ci:
	bash .ci/run
