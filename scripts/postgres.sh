#!/usr/bin/env bash
# Runs a command beside a PostgreSQL server of its own: postgres.sh COMMAND…
# The server lives in a temporary folder, listens on a socket there and on no port, and is gone afterwards.
# TEST_POSTGRES_URL tells the command its address.
set -euo pipefail

bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
[ -n "$bin" ] || { echo "postgres: PostgreSQL is missing: make setup-test installs it" >&2; exit 1; }
dir=$(mktemp -d)
as=() # PostgreSQL refuses to run as root
if [ "$(id -u)" = 0 ]; then
  chown postgres "$dir"
  as=(setpriv --reuid postgres --regid postgres --clear-groups)
fi
run() { (cd "$dir" && "${as[@]}" "$@"); }
stop() {
  run "$bin/pg_ctl" -D "$dir/data" -m immediate -w stop >/dev/null 2>&1 || true
  rm -rf "$dir"
}
trap stop EXIT
run "$bin/initdb" -D "$dir/data" -U acotel -A trust --locale C.UTF-8 >"$dir/initdb.log" 2>&1 || { cat "$dir/initdb.log" >&2; exit 1; }
run "$bin/pg_ctl" -D "$dir/data" -w -l "$dir/log" -o "-k '$dir' -c listen_addresses='' -c fsync=off -c max_connections=300" start >/dev/null \
  || { cat "$dir/log" >&2; exit 1; }
chmod 755 "$dir"
export TEST_POSTGRES_URL="postgres://acotel@/postgres?host=$dir"
"$@"
