#!/usr/bin/env bash
# Unpacks Debian's coturn, the STUN and TURN server that make test-long tries the browser's telephone with, to .cache/coturn.
# It is not installed: its package would start a relay that is open to the network.
set -euo pipefail
cd "$(dirname "$0")/.."

dir=.cache/coturn
libs=$dir/usr/lib/$(uname -m)-linux-gnu
complete() { [ -x $dir/usr/bin/turnserver ] && ! LD_LIBRARY_PATH=$libs ldd $dir/usr/bin/turnserver | grep -q 'not found'; }
if complete; then
  echo "   all there: coturn"
  exit 0
fi
echo "   unpacking coturn to $dir"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
packages=(coturn libevent-{core,extra,openssl,pthreads}-2.1-7 libhiredis0.14 libmariadb3 libpq5 libldap-2.5-0 libsasl2-2)
(
  cd "$work"
  # Without package lists, or with old ones, there is nothing to be found.
  apt-get download -qq "${packages[@]}" 2>/dev/null || {
    if [ "$(id -u)" = 0 ]; then apt-get update -qq; else sudo apt-get update -qq; fi
    apt-get download -qq "${packages[@]}"
  }
)
rm -rf $dir
mkdir -p $dir
for p in "$work"/*.deb; do dpkg-deb --extract "$p" $dir; done
complete || { echo "coturn: libraries are missing:" >&2; LD_LIBRARY_PATH=$libs ldd $dir/usr/bin/turnserver | grep 'not found' >&2; exit 1; }
