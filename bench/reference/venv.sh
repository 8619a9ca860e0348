#!/usr/bin/env bash
# Makes the reference's virtual environment, anew when its packages have changed, and prints the path of its Python.
set -euo pipefail
cd "$(dirname "$0")"

readonly venv="${TICKERWIRE_CACHE:-$HOME/.cache/tickerwire}/reference"
if ! cmp -s requirements.txt "$venv/requirements.txt"; then
  rm -rf "$venv"
  python3 -m venv "$venv" >&2
  "$venv/bin/pip" install -q -r requirements.txt >&2
  cp requirements.txt "$venv/requirements.txt"
fi
echo "$venv/bin/python"
