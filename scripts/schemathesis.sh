#!/usr/bin/env bash
# Runs schemathesis against the whole program on a fresh database: requests made from /openapi.json, right and wrong ones,
# each answer held to the document. Left out are the routes that end the session it calls with, the streams, and Telegram's
# webhook, which the demonstration has none of; and two checks: that whatever fits the schema is accepted, for no schema says
# that a filter's from lies before its to; and that an undeclared method is answered 405, for GET /api/alerts/test asks for
# the alert "test".
#
#   scripts/schemathesis.sh 300      at most so many seconds; 300 when none are given
set -euo pipefail
cd "$(dirname "$0")/.."

readonly seconds="${1:-300}"
readonly venv="${TICKERWIRE_CACHE:-$HOME/.cache/tickerwire}/schemathesis"
readonly version=4.32.5
dir="$(mktemp -d)"
chmod 755 "$dir" # for the user that Postgres runs as under root
pid=
: >"$dir/out"
finish() {
  if [[ -n $pid ]] && kill -TERM "$pid" 2>/dev/null; then wait "$pid" || true; fi
  rm -rf "$dir"
}
trap finish EXIT

[[ -x $venv/bin/st ]] || { python3 -m venv "$venv" && "$venv/bin/pip" install -q "schemathesis==$version"; }

password="$(head -c 24 /dev/urandom | base64)"
HTTP_ADDR=127.0.0.1:0 DATA_DIR="$dir/data" ADMIN_PASSWORD="$password" LOG_LEVEL=error bin/standalone >"$dir/out" 2>&1 &
pid=$!
url=
for _ in $(seq 300); do
  url="$(sed -n 's|^ *Tickerwire *\(http://[^ ]*\).*|\1|p' "$dir/out")"
  [[ -n $url ]] && curl -sf "$url/health/ready" >"$dir/ready" && break
  kill -0 "$pid" || { cat "$dir/out" >&2; exit 1; }
  sleep 0.2
done
token="$(curl -sf "$url/api/auth/login" -H 'Content-Type: application/json' \
  -d "{\"email\": \"admin@example.com\", \"password\": \"$password\"}" | sed -n 's/.*"access_token": *"\([^"]*\)".*/\1/p')"
[[ -n $token ]] || { echo "error: nobody could sign in" >&2; cat "$dir/out" >&2; exit 1; }

cd "$dir"
# A body that is too large is rejected, too.
cat >schemathesis.toml <<'TOML'
[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 428, 429]
TOML
code=0
"$venv/bin/st" run "$url/openapi.json" -H "Authorization: Bearer $token" --checks all --exclude-checks positive_data_acceptance,unsupported_method --mode all --max-examples 50 --continue-on-failure \
  --exclude-path-regex '^/api/auth/(login|refresh|logout|password|me)$|/events$|^/api/telegram/webhook$' --max-time "$seconds" --warnings off --output-sanitize true || code=$?
kill -0 "$pid" || { echo "error: the program has ended:" >&2; tail -20 "$dir/out" >&2; exit 1; }
exit "$code"
