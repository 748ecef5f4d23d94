#!/usr/bin/env bash
# gofmt, go vet and staticcheck over the whole module.
set -euo pipefail
cd "$(dirname "$0")/.."

echo "== lint: gofmt"
unformatted=$(gofmt -l $(git ls-files -co --exclude-standard '*.go'))
[ -z "$unformatted" ] || { echo "not formatted, run gofmt -w on:"; echo "$unformatted"; exit 1; }
echo "== lint: go vet"
go vet ./...
echo "== lint: staticcheck"
go tool staticcheck ./...
