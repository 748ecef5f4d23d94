#!/usr/bin/env bash
# The reference measurements (docs/performance.md): the server as a child, the generator beside it, on this machine. About nine minutes.
# Writes JSON, HTML pages with charts and a summary to bench-report/, or the folder given.
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:-bench-report}
bin=$PWD/bin/acotel-sbc
mkdir -p "$out"
failed=()

# measure VERB FLAGS...
measure() {
	local verb=$1
	shift
	echo "== bench $verb $*"
	if ! "$bin" bench "$verb" "$@" --json "$out/$verb.json" --html "$out/$verb.html" | tee "$out/$verb.txt"; then
		failed+=("$verb")
	fi
	echo
}

measure media --calls 300 --seconds 30
measure setup --rate 50 --seconds 30
measure bargein --calls 10 --seconds 40
measure impair --calls 5 --seconds 20
measure soak --calls 5000 --rate 50
measure limit --calls 100 --seconds 8

{
	echo '<!doctype html><html lang="en"><meta charset="utf-8"><title>acotel-sbc bench</title><body style="font:16px/1.5 system-ui;margin:2rem auto;max-width:60rem">'
	echo "<h1>acotel-sbc bench</h1><p>$(date -u '+%Y-%m-%d %H:%M UTC'), $("$bin" --version 2>/dev/null || git describe --always --dirty 2>/dev/null || true)</p>"
	for verb in media setup bargein impair soak limit; do
		[ -f "$out/$verb.txt" ] || continue
		echo "<h2><a href=\"$verb.html\">$verb</a></h2><pre style=\"overflow-x:auto\">"
		sed 's/&/\&amp;/g; s/</\&lt;/g' "$out/$verb.txt"
		echo "</pre>"
	done
} >"$out/index.html"
echo "Report: $out/index.html"
if [ ${#failed[@]} -gt 0 ]; then
	echo "failed: ${failed[*]}" >&2
	exit 1
fi
