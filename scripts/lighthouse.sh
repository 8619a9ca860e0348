#!/usr/bin/env bash
# Runs Lighthouse on the whole program, signed in. It is installed beside the project, once: it is large, and no test needs it.
set -euo pipefail
cd "$(dirname "$0")/../frontend"

readonly version=12.8.2 # the last one for Node.js 20
readonly place="${TICKERWIRE_CACHE:-$HOME/.cache/tickerwire}/lighthouse-$version"
if [[ ! -f $place/installed ]]; then
  npm install --silent --no-audit --no-fund --no-save --prefix "$place" "lighthouse@$version"
  touch "$place/installed"
fi
LIGHTHOUSE="$place/node_modules/lighthouse/core/index.js" npx vitest run --config e2e/lighthouse.config.ts
