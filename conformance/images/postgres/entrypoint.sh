#!/bin/bash
# Understands the environment variables of the official image: POSTGRES_USER, POSTGRES_PASSWORD,
# POSTGRES_DB, POSTGRES_INITDB_ARGS, POSTGRES_HOST_AUTH_METHOD and PGDATA. A first argument other than
# an option or "postgres" is a program to run instead.
set -euo pipefail

PATH="$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1):$PATH"
export PATH PGDATA="${PGDATA:-/var/lib/postgresql/data}"

[ "${1#-}" = "${1:-}" ] || set -- postgres "$@"
[ "${1:-}" = postgres ] || exec "$@"
if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA" /run/postgresql
  chown postgres "$PGDATA" /run/postgresql
  chmod 700 "$PGDATA"
  exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi

user="${POSTGRES_USER:-postgres}"
method="${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}"
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  if [ -z "${POSTGRES_PASSWORD:-}" ] && [ "$method" != trust ]; then
    echo "Set POSTGRES_PASSWORD, or POSTGRES_HOST_AUTH_METHOD=trust." >&2
    exit 1
  fi
  # Split on purpose: the variable holds several arguments.
  # shellcheck disable=SC2086
  initdb --username="$user" --auth-local=trust --auth-host="$method" --encoding=UTF8 \
    --pwfile=<(printf '%s\n' "${POSTGRES_PASSWORD:-}") ${POSTGRES_INITDB_ARGS:-}
  echo "host all all all $method" >>"$PGDATA/pg_hba.conf"
  database="${POSTGRES_DB:-$user}"
  if [ "$database" != postgres ]; then
    echo "CREATE DATABASE \"${database//\"/\"\"}\"" | postgres --single -j postgres >/dev/null
  fi
fi
exec "$@" -c "listen_addresses=*"
