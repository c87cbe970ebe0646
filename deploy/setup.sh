#!/usr/bin/env bash
# Makes the virtual environment VENV with PYTHON and installs the project for development. Called by make.
set -euo pipefail

stop() { echo "setup: $*" >&2; exit 1; }

[ -n "${PYTHON:-}" ] || stop "Python 3.11 or newer is needed and none was found. Install it, or name it: make PYTHON=/path/to/python3"
command -v "$PYTHON" >/dev/null || stop "there is no $PYTHON. Name a Python 3.11 or newer: make PYTHON=/path/to/python3"
"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
  || stop "Python 3.11 or newer is needed; $PYTHON is $("$PYTHON" --version 2>&1). Name another: make PYTHON=/path/to/python3"

if ! "$VENV/bin/python" -m pip --version >/dev/null 2>&1; then
  rm -rf "$VENV"  # none, or one that was left half made
  "$PYTHON" -m venv "$VENV" || stop "the venv module does not work here. On Debian or Ubuntu: apt-get install python3-venv"
fi

log="$VENV/setup.log"
install() { "$VENV/bin/python" -m pip install --disable-pip-version-check --quiet "$@" >>"$log" 2>&1; }

echo "setup: installing into $VENV (a few minutes the first time; log in $log)"
: >"$log"
# PyTorch first and by itself: a later package must find the pinned build and bring no other.
# TORCH_INDEX_URL names another package index for it, for instance PyTorch's own index of CPU builds.
for packages in "torch==2.13.0" "-e .[dev]"; do
  index=()
  if [ "$packages" = "torch==2.13.0" ] && [ -n "${TORCH_INDEX_URL:-}" ]; then index=(--index-url "$TORCH_INDEX_URL"); fi
  # shellcheck disable=SC2086 # the packages are words
  if ! install "${index[@]}" $packages; then
    tail -n 15 "$log" >&2
    stop "could not install $packages. Without a network, or behind a proxy, set PIP_INDEX_URL or HTTPS_PROXY, then run make again"
  fi
done
# TorchRec asks for FBGEMM's CUDA package whatever the host has, so it comes without what it asks for (docs/distributed.md).
install --no-deps torchrec==1.8.0 fbgemm-gpu-cpu==1.8.0 \
  || echo "setup: no TorchRec for this machine; training in several processes, and its tests, are left out"
touch "$VENV/.ready"
echo "setup: done"
