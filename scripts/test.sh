#!/usr/bin/env bash
# Every test: the packages, then whole calls from SIPp, baresip and our own caller (e2e).
set -euo pipefail
cd "$(dirname "$0")/.."

start=$SECONDS
export CI=true
echo "== test: 1/3 packages"
go test -parallel 8 -timeout 6m $(go list ./... | grep -v '/e2e$')
echo "== test: 2/3 what is stored, again on PostgreSQL"
scripts/postgres.sh go test -count 1 -timeout 6m ./store/... ./record ./sms ./privacy ./edits ./check ./workshop/... ./softphone
echo "== test: 3/3 whole calls, about eight minutes"
# Never from the cache: it does not see that the program under test has changed.
scripts/postgres.sh go test -count 1 -parallel 6 -timeout 20m ./e2e
echo "== test: all passed in $((SECONDS - start)) s"
