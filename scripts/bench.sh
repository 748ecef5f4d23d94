#!/usr/bin/env bash
# Benchmarks of the packages, then fifteen whole calls at once with their figures.
set -euo pipefail
cd "$(dirname "$0")/.."

echo "== bench: packages (time and memory of one operation)"
go test -run '^$' -bench . -benchmem ./asr/... ./call ./dialog/... ./media ./place ./record ./sip ./tts/... ./workshop/...
echo
echo "== bench: fifteen whole calls at once, about three minutes"
go test ./e2e -count 1 -run '^TestFifteenCallsAtOnce$' -v -timeout 10m | grep -vE '^(=== |$)'
