#!/bin/sh
# Takes out of a virtual environment what only developers of its packages use: their tests, and PyTorch's headers, which
# need a compiler that the images do not have.
set -eu

packages=$(echo "$1"/lib/python3.*/site-packages)
find "$packages" -type d -name tests -prune -exec rm -rf {} +
rm -rf "$packages/torch/test" "$packages/torch/include" "$packages/torch/share"
if [ -d "$packages/torch/bin" ]; then
  find "$packages/torch/bin" -type f ! -name torch_shm_manager -delete
fi
