#!/usr/bin/env bash
# Benchmarks of the packages: time and memory of one operation.
set -euo pipefail
cd "$(dirname "$0")/.."
go test -run '^$' -bench . -benchmem ./asr/... ./call ./dialog/... ./media/... ./place ./record ./sip ./tts/... ./workshop/...
