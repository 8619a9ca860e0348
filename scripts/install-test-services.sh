#!/usr/bin/env bash
# Installs what the tests and `make run` start by themselves: redis-server, PostgreSQL, Milvus and nginx; and docker-compose,
# which checks the compose file without an engine. Run it as often as you like: what is there already is left alone. No system service is started, and nothing outside apt's own places and
# ${TICKERWIRE_CACHE:-~/.cache/tickerwire} is written.
#
#   TICKERWIRE_CACHE   where Milvus goes (its virtual environment is $TICKERWIRE_CACHE/milvus)
#   TICKERWIRE_MILVUS  standalone | lite | none; empty picks the standalone server where it can run, else Milvus Lite
#   PYTHON             the Python to build the environment with, 3.10 or newer; empty searches
set -euo pipefail

readonly cache="${TICKERWIRE_CACHE:-$HOME/.cache/tickerwire}"
readonly venv="$cache/milvus"

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
  if [[ ${#missing[@]} -eq 0 ]]; then
    say "redis-server, PostgreSQL, nginx and docker-compose are there"
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
  if ! python=$(find_python); then
    if [[ $(id -u) -eq 0 ]] && command -v apt-get >/dev/null; then
      say "installing python3-venv"
      DEBIAN_FRONTEND=noninteractive apt-get update -qq
      DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv >/dev/null
    fi
    python=$(find_python) || fail "no Python 3.10 or newer with venv: apt-get install python3-venv"
  fi
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
install_milvus
say "ready"
