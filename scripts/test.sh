#!/usr/bin/env bash
# Every test: the packages, then whole calls from SIPp, baresip and our own caller (e2e).
set -euo pipefail
cd "$(dirname "$0")/.."

start=$SECONDS
echo "== test: packages and whole calls"
CI=true go test -parallel 8 -timeout 12m ./...
echo "== test: all passed in $((SECONDS - start)) s"
