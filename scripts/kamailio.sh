#!/usr/bin/env bash
# Unpacks Debian's Kamailio, the registrar and proxy that package sip is tested against, to .cache/kamailio.
# It is not installed: its package would start a server on port 5060.
set -euo pipefail
cd "$(dirname "$0")/.."

dir=.cache/kamailio
[ ! -x $dir/usr/sbin/kamailio ] || { echo "   all there: kamailio"; exit 0; }
if command -v kamailio >/dev/null; then
  echo "   all there: kamailio, of this machine"
  exit 0
fi
echo "   unpacking kamailio to $dir"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(
  cd "$work"
  # Without package lists, or with old ones, there is nothing to be found.
  apt-get download -qq kamailio 2>/dev/null || {
    if [ "$(id -u)" = 0 ]; then apt-get update -qq; else sudo apt-get update -qq; fi
    apt-get download -qq kamailio
  }
)
mkdir -p $dir.new
dpkg-deb --extract "$work"/kamailio_*.deb $dir.new
rm -rf $dir
mv $dir.new $dir
