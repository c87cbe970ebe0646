#!/bin/sh
# One `threefold retrain` for a scheduler that knows success and failure alone: 11 (nothing new) and 12 (another one is
# at work) are no failures. SIGTERM is handed on, since nobody does that for the first process of a container.
threefold retrain /config/threefold.toml --data "$DATA" --registry "$REGISTRY" &
child=$!
trap 'kill -TERM "$child"' TERM
wait "$child"
code=$?
if [ "$code" -gt 128 ]; then # the signal ended the waiting, and not yet the child
  wait "$child"
  ended=$?
  [ "$ended" -eq 127 ] || code=$ended
fi
case $code in 11 | 12) exit 0 ;; *) exit "$code" ;; esac
