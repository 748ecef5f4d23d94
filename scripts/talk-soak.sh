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
# Fifty calls are under way whenever it is looked, each with about 0.3 MB: less than one of them may be left by 200 calls.
sys.exit(heap * 0.2 > 300 or routines * 0.2 > 20 or r["failed"] > 0)
P
