#!/usr/bin/env bash
# Builds the front end's pages into frontend/out, from where the Go build takes them. What did not change since the last
# build is not built again: the sources, the locked packages and Node are compared by their hash.
#
#   scripts/pages.sh             build, or fail
#   scripts/pages.sh --if-node   without Node.js 20 or newer say so in one line, and leave the pages out
#   scripts/pages.sh --check     build; type check, unit tests and the limit of each page's size; without Node as --if-node
#
# Under CI (CI is set) a missing Node is always a failure.
set -euo pipefail
cd "$(dirname "$0")/../frontend"

readonly mode="${1:-}"
readonly stamp=.next/pages.sha256 installed=node_modules/.tickerwire.sha256

fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

have_node() {
  command -v npm >/dev/null && node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)' 2>/dev/null
}

# The hash of Node's version and of what a build is made of below the given paths, with their names.
hash_of() {
  { node --version
    find "$@" \( -name node_modules -o -name .next -o -path ./out -o -path ./e2e -o -path ./test \) -prune \
      -o -type f ! -name '*.test.ts' ! -name '*.test.tsx' ! -name '*.go' ! -name '*.tsbuildinfo' ! -name next-env.d.ts -print0 |
      LC_ALL=C sort -z | xargs -0 sha256sum
  } | sha256sum | cut -d' ' -f1
}

install_packages() {
  local want
  want="$(hash_of package.json package-lock.json .npmrc)"
  [[ -f $installed && $(<"$installed") == "$want" ]] && return
  echo "==> front end: installing its packages"
  npm ci --no-audit --no-fund --loglevel=error
  printf '%s' "$want" >"$installed"
}

build_pages() {
  local want
  want="$(hash_of .)"
  [[ -f $stamp && -f out/404.html && $(<"$stamp") == "$want" ]] && return
  echo "==> front end: building its pages"
  rm -f "$stamp"
  local log
  log="$(mktemp)"
  npm run build --silent >"$log" 2>&1 || { cat "$log" >&2; rm -f "$log"; fail "the front end does not build"; }
  rm -f "$log"
  [[ -f out/404.html ]] || fail "the build wrote no out/404.html"
  printf '%s' "$want" >"$stamp"
}

# What scripts/install-test-services.sh has installed where the system's Node is too old.
have_node || PATH="${TICKERWIRE_CACHE:-$HOME/.cache/tickerwire}/node/bin:$PATH"
if ! have_node; then
  [[ -n $mode && -z ${CI:-} ]] || fail "Node.js 20 or newer with npm is needed for the pages: scripts/install-test-services.sh installs it"
  echo "No Node.js 20 or newer here: the front end's pages are left out; the API, /docs and /monitor work."
  exit
fi
install_packages
build_pages
if [[ $mode == --check ]]; then
  npm run typecheck --silent
  npm test --silent
  npm run size --silent
fi
