#!/usr/bin/env bash
# Runs every fuzz target of the repository, one after the other, each for the given time (60s when none is given), and
# names those that failed at the end. What a target found stands in its package's testdata/fuzz: commit it with the fix.
#
#   scripts/fuzz.sh 20s ./internal/news/...
set -uo pipefail

time="${1:-60s}"
shift || true
packages=("$@")
# Only packages with a target are built: `go test -list ./...` would link every test of the repository.
((${#packages[@]} > 0)) || mapfile -t packages < <(grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n1 dirname | sort -u)
failed=()
found=0

# `go test -list` names the targets of a package, then the package.
listed="$(go test -list '^Fuzz' "${packages[@]}")" || { echo "$listed" >&2; exit 1; }
names=()
while read -r first second _; do
  case "$first" in
    Fuzz*) names+=("$first") ;;
    ok)
      for name in "${names[@]}"; do
        found=$((found + 1))
        echo "==> $second $name"
        go test -run '^$' -fuzz "^$name\$" -fuzztime "$time" -fuzzminimizetime 1s "$second" || failed+=("$second $name")
      done
      names=()
      ;;
  esac
done <<<"$listed"

((found > 0)) || { echo "error: no fuzz target was found" >&2; exit 1; }
if ((${#failed[@]} > 0)); then
  printf 'failed: %s\n' "${failed[@]}" >&2
  exit 1
fi
echo "$found fuzz targets passed"
