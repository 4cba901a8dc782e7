#!/bin/bash
# Understands the first arguments that the official image does: a configuration file, an option of
# redis-server, or a program. As root it starts the server as the user redis.
set -euo pipefail

case "${1:-}" in
  -* | *.conf) set -- redis-server "$@" ;;
esac
if [ "${1:-}" = redis-server ]; then
  # Nobody but the host that published the port can reach it.
  set -- "$@" --protected-mode no --bind 0.0.0.0
  if [ "$(id -u)" = 0 ]; then
    chown -R redis .
    set -- setpriv --reuid=redis --regid=redis --init-groups "$@"
  fi
fi
exec "$@"
