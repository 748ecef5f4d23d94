#!/usr/bin/env bash
# What make test leaves out because it is long or big: peers over 100 MB, soaks, campaigns. Each part on its own.
set -euo pipefail
cd "$(dirname "$0")/.."

start=$SECONDS
export CI=true TEST_LONG=1
echo "== test-long: recognisers of other makes"
scripts/wyoming-peer.sh
go test -count 1 -timeout 10m -run Long ./asr/wyoming ./speech
echo "== test-long: spoken calls with recognisers elsewhere, and each of these killed in mid-call"
go test -count 1 -timeout 20m -run 'TestASpokenCallWithEachBackend|TestABackendKilledInMidCall' ./e2e
echo "== test-long: all passed in $((SECONDS - start)) s"
