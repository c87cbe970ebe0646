#!/usr/bin/env bash
# Makes the virtual environment PEERS with PYTHON: the systems that `make bench-quality` compares with, apart from what
# the project needs. About 2 GB. Called by benchmarks.quality.
set -euo pipefail

log="$PEERS/setup.log"
install() { "$PEERS/bin/python" -m pip install --disable-pip-version-check --quiet "$@" >>"$log" 2>&1; }

[ -x "$PEERS/bin/python" ] || "$PYTHON" -m venv "$PEERS"
: >"$log"
echo "peers: installing into $PEERS (a few minutes the first time; log in $log)"
# PyTorch first and by itself, so that every library is measured on the build that the project uses.
index=()
if [ -n "${TORCH_INDEX_URL:-}" ]; then index=(--index-url "$TORCH_INDEX_URL"); fi
if ! install "${index[@]}" torch==2.13.0 || ! install --requirement benchmarks/quality/requirements.txt; then
  tail -n 15 "$log" >&2
  echo "peers: could not install them. Without a network, or behind a proxy, set PIP_INDEX_URL or HTTPS_PROXY" >&2
  exit 1
fi
cp benchmarks/quality/requirements.txt "$PEERS/.ready"
echo "peers: done"
