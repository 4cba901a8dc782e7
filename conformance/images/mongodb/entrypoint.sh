#!/bin/sh
case "${1:-}" in
  -*) set -- mongod "$@" ;;
esac
exec "$@"
