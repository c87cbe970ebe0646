#!/usr/bin/env bash
# Everything once: data, training, report, a running server, a prediction. Called by `make demo`.
#   DATA=logs/ CONFIG=my.toml   logs and configuration of your own instead of simulated ones
#   PORT=8000                   where the server listens
#   RETRAIN=1                   train again although nothing changed
set -euo pipefail

BIN=${BIN:-.venv/bin}
PORT=${PORT:-8000}
CONFIG=${CONFIG:-examples/simulated.toml}
DATA=${DATA:-}
OUT=runs/demo
URL=http://127.0.0.1:$PORT
SERVER=

say() { if [ -t 1 ]; then printf '\n\033[1m== %s\033[0m\n' "$*"; else printf '\n== %s\n' "$*"; fi; }
stop() { echo "demo: $*" >&2; exit 1; }
cleanup() { if [ -n "$SERVER" ]; then kill "$SERVER" 2>/dev/null && wait "$SERVER" 2>/dev/null || true; fi; }
trap cleanup EXIT
trap 'exit 130' INT TERM

command -v curl >/dev/null || stop "curl is needed to ask the server for a prediction. Install it (apt-get install curl, brew install curl)"
[ -f "$CONFIG" ] || stop "CONFIG names a TOML file; there is none at $CONFIG"
case $PORT in ''|*[!0-9]*) stop "PORT is a number from 1 to 65535; found '$PORT'" ;; esac
((PORT >= 1 && PORT <= 65535)) || stop "PORT is a number from 1 to 65535; found '$PORT'"
"$BIN/python" - "$PORT" <<'PY' || stop "port $PORT is taken by another program. Choose another one: make demo PORT=8001"
import socket, sys
with socket.socket() as probe:
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        probe.bind(("127.0.0.1", int(sys.argv[1])))
    except OSError:
        sys.exit(1)
PY
mkdir -p "$OUT"

if [ -n "$DATA" ]; then
  say "1/5 data: $DATA"
elif [ "$CONFIG" = examples/simulated.toml ]; then
  DATA=$OUT/logs
  if [ -f "$DATA/_world.json" ]; then
    say "1/5 data: the simulated logs of an earlier run, in $DATA"
  else
    say "1/5 data: simulating ten days of impressions into $DATA"
    "$BIN/threefold" simulate "$DATA" --days 10 --impressions-per-day 60000 --overwrite
  fi
else
  DATA=$("$BIN/python" -c 'import sys, tomllib; print(tomllib.load(open(sys.argv[1], "rb"))["data"]["path"])' "$CONFIG")
  say "1/5 data: $DATA, as $CONFIG says"
fi

# shellcheck disable=SC2086 # DATA may be a glob
key=$({ cat "$CONFIG" pyproject.toml; find models training -name "*.py" | sort | xargs cat; echo "$DATA"; ls -lnR $DATA 2>/dev/null || true; } | cksum | tr ' ' '-')
if [ -z "${RETRAIN:-}" ] && [ -f "$OUT/trained-$key" ] && read -r VERSION <"$OUT/trained-$key" && [ -d "$VERSION" ]; then
  say "2/5 training: nothing changed since $VERSION (RETRAIN=1 trains again)"
else
  say "2/5 training: $CONFIG"
  VERSION=$("$BIN/threefold" train "$CONFIG" --data "$DATA" --output "$OUT/versions")
  echo "$VERSION" >"$OUT/trained-$key"
fi

say "3/5 evaluation on the test window"
"$BIN/threefold" evaluate "$CONFIG" --checkpoint "$VERSION" --data "$DATA"

say "4/5 server: $URL"
"$BIN/threefold" serve --checkpoint "$VERSION" --host 127.0.0.1 --port "$PORT" >"$OUT/server.log" 2>&1 &
SERVER=$!
for _ in $(seq 150); do
  kill -0 "$SERVER" 2>/dev/null || { cat "$OUT/server.log" >&2; SERVER=; stop "the server did not start; its log is above"; }
  curl --silent --fail --output /dev/null "$URL/readyz" && break
  sleep 0.2
done
curl --silent --fail --output /dev/null "$URL/readyz" || stop "the server was not ready within 30 s; its log is $OUT/server.log"

say "5/5 a prediction: one context, several candidates"
"$BIN/python" examples/example_request.py "$URL" "$OUT/request.json"
echo "curl -H 'Content-Type: application/json' --data @$OUT/request.json $URL/predict"
curl --silent --show-error --fail-with-body -H 'Content-Type: application/json' --data @"$OUT/request.json" "$URL/predict" \
  | "$BIN/python" -m json.tool

cat <<WHERE

checkpoint  $VERSION
report      $VERSION/report.html   (open it in a browser)
numbers     $VERSION/metrics.json
request     $OUT/request.json
API         $URL/openapi.json, $URL/model
server log  $OUT/server.log
WHERE
if [ -t 0 ] && [ -t 1 ]; then
  printf '\nThe server keeps running on %s. Press Ctrl-C to stop it.\n' "$URL"
  trap 'exit 0' INT TERM  # the way to end a demo is no failure
  wait "$SERVER"
else
  printf '\nNo terminal: the server is stopped. Start it again with:\n  %s/threefold serve --checkpoint %s\n' "$BIN" "$VERSION"
fi
