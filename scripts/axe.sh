#!/usr/bin/env bash
# Fetches axe-core, which looks at the page /telephone in the tests, to .cache/npm/browser: the version and hash of
# testdata/browser/package-lock.json.
set -euo pipefail
cd "$(dirname "$0")/.."

dir=.cache/npm/browser
want=testdata/browser
if cmp -s $want/package-lock.json $dir/complete; then
  echo "   all there: axe-core"
  exit 0
fi
command -v npm >/dev/null || { echo "axe: npm is missing: make setup-test installs it" >&2; exit 1; }
echo "   fetching axe-core into $dir"
rm -rf $dir
mkdir -p $dir
cp $want/package.json $want/package-lock.json $dir/
(cd $dir && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
cp $want/package-lock.json $dir/complete
