#!/usr/bin/env bash
# Makes what docker-compose.yml reads from deploy/secrets, once; what is there is kept. Nothing is printed but names.
#   grafana_password   of the user `admin` in Grafana (read when its volume is made; later changes are made in Grafana)
#   admin_key          the bearer key of POST /admin/reload: stays here, no container sees it
#   service.env        the key's SHA-256, which is all that the service knows of it
# Delete `admin_key` and run this again for a new key; then `docker compose up -d service`.
set -euo pipefail

folder=$(dirname "$0")/secrets
umask 077
mkdir -p "$folder"
chmod 700 "$folder" # nobody else passes; the files themselves are read by other users inside the containers

random() { head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n'; }
put() { cat >"$folder/.$1.new" && chmod "$2" "$folder/.$1.new" && mv "$folder/.$1.new" "$folder/$1"; }

made=()
if [ ! -s "$folder/grafana_password" ]; then
  random | put grafana_password 644
  made+=(grafana_password)
fi
if [ ! -s "$folder/admin_key" ]; then
  random | put admin_key 600
  made+=(admin_key)
fi
digest=$(tr -d '\n' <"$folder/admin_key" | { sha256sum 2>/dev/null || shasum -a 256; } | cut -d ' ' -f 1)
echo "THREEFOLD_ADMIN_KEY_SHA256=$digest" | put service.env 644
echo "secrets: ${made[*]:-nothing new} in $folder"
