#!/usr/bin/env bash
# Makes a virtual environment for each serving peer below SERVING_PEERS with PYTHON: apart from what the project needs, and
# from one another, since they pin each other's libraries. About 8 GB in all, half of it Triton. Arguments are the peers
# to install, all of them where there is none. A peer that cannot be installed is named, and the others go on. Called by
# benchmarks.serving.
set -uo pipefail

peers=("$@")
if [ ${#peers[@]} -eq 0 ]; then peers=(litserve bentoml mlserver kserve ray triton); fi
index=()
if [ -n "${TORCH_INDEX_URL:-}" ]; then index=(--index-url "$TORCH_INDEX_URL"); fi
mkdir -p "$SERVING_PEERS"
failed=()

made() {
  local home="$SERVING_PEERS/$1" wanted="benchmarks/serving/requirements/$1.txt" log="$SERVING_PEERS/$1.log"
  local install=("$home/bin/python" -m pip install --disable-pip-version-check --quiet)
  local base=benchmarks/serving/requirements/base.txt
  if [ -f "$home/.ready" ] && cat "$base" "$wanted" | cmp --silent - "$home/.ready"; then return 0; fi
  echo "peers: installing $1 (log in $log)"
  # PyTorch first and by itself, so that every peer runs the build that the project uses; then all pins at once.
  { "$PYTHON" -m venv --clear "$home" && "${install[@]}" "${index[@]}" torch==2.13.0 &&
    "${install[@]}" torch==2.13.0 --requirement "$base" --requirement "$wanted"; } >"$log" 2>&1 || return 1
  cat "$base" "$wanted" >"$home/.ready"
}

for peer in "${peers[@]}"; do
  if ! made "$peer"; then
    tail -n 5 "$SERVING_PEERS/$peer.log" >&2
    failed+=("$peer")
  fi
done
if [ ${#failed[@]} -gt 0 ]; then
  echo "peers: could not install ${failed[*]}. Behind a proxy set PIP_INDEX_URL or HTTPS_PROXY" >&2
  exit 1
fi
echo "peers: done"
