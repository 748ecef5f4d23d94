#!/usr/bin/env bash
# 200 spoken calls: the server's memory stays flat, no call fails. Fifty at once, about 15 minutes; run it by itself, or from make test-long.
set -euo pipefail
cd "$(dirname "$0")/.."
out=$(mktemp)
trap 'rm -f "$out"' EXIT
bin/acotel-sbc bench talk --calls 50 --conversations 200 --seconds 3600 --noise-db 20 --json "$out"
python3 - "$out" <<'P'
import json, statistics, sys

r = json.load(open(sys.argv[1]))

# What 200 calls leave behind, from the fourth look to the last one, at rest: less than a call's 0.3 MB.
looks = r["samples"][3:]
calls = [s["calls"] for s in looks]
heap = statistics.linear_regression(calls, [s["heap_mb"] * 1024 for s in looks]).slope * 200
routines = statistics.linear_regression(calls, [s["goroutines"] for s in looks]).slope * 200
print(f"200 calls leave {heap:.0f} KB and {routines:.0f} goroutines, {r['failed']} calls failed")

# The calls that are over at the last look outweigh a little that each leaves. While all fifty are on the line nothing does; but each is
# somewhere else in its conversation, so the heap moves by some MB: every third call that stays shows. The last kilobyte finds `bench soak`.
held, running = (r["slope"][k] / 1000 for k in ("heap_kb_per_1000_calls", "goroutines_per_1000_calls"))
print(f"while all are on the line a call leaves {held:.0f} KB and {running:.2f} goroutines")
sys.exit(heap > 300 or routines > 20 or held > 100 or running > 0.1 or r["failed"] > 0)
P
