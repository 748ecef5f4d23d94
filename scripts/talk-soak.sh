#!/usr/bin/env bash
# 200 spoken calls: the server's memory stays flat, no call fails. Fifty at once, about 15 minutes; run it by itself, or from make test-long.
set -euo pipefail
cd "$(dirname "$0")/.."
out=$(mktemp)
trap 'rm -f "$out"' EXIT
bin/acotel-sbc bench talk --calls 50 --conversations 200 --seconds 3600 --noise-db 20 --json "$out"
python3 - "$out" <<'P'
import json, sys

r = json.load(open(sys.argv[1]))
heap, routines = r["slope"]["heap_kb_per_1000_calls"], r["slope"]["goroutines_per_1000_calls"]
print(f"heap {heap} KB and {routines} goroutines for 1000 calls, {r['failed']} calls failed")
# Looked at while all fifty are under way, each somewhere else in its conversation: a call that left its conversation
# behind would leave 300 KB, and at least one goroutine. What a call leaves in the last kilobyte, `bench soak` finds.
sys.exit(heap > 100_000 or routines > 100 or r["failed"] > 0)
P
