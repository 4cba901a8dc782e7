#!/usr/bin/env bash
# Runs a command beside a Docker engine of its own that has an image of each store's server:
#   bash conformance/images/with-docker.sh npm test -- containers
# The engine, its images and its network are gone afterwards. Needs root, and Debian's packages docker.io
# and debootstrap. The images are made here, from Debian's packages: nothing is pulled.
set -euo pipefail
images=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
stores=(postgres redis mongodb)

[ "$(id -u)" = 0 ] || { echo "A Docker engine can only be started by root." >&2; exit 1; }
for program in dockerd docker debootstrap; do
  command -v "$program" >/dev/null || { echo "There is no $program on this machine." >&2; exit 1; }
done

state=$(mktemp -d "${TMPDIR:-/tmp}/revo-docker-XXXXXX")
engine=
had_bridge=$([ -e /sys/class/net/docker0 ] && echo yes || echo no)

tidy_up() {
  if [ -n "$engine" ] && kill "$engine" 2>/dev/null; then wait "$engine" || true; fi
  # The engine leaves the mark of its network namespace mounted, and its bridge behind.
  for mark in "$state"/run/netns/*; do umount "$mark" 2>/dev/null || true; done
  [ "$had_bridge" = yes ] || ip link delete docker0 2>/dev/null || true
  rm -rf --one-file-system "$state"
}
trap tidy_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

start_engine() {
  # Ports are published on the loopback interface by a program, which needs no firewall rules; images are
  # built on the host's network. So the machine's firewall and routing stay as they are.
  dockerd --data-root "$state/data" --exec-root "$state/run" --pidfile "$state/pid" \
    --host "unix://$state/socket" --ip 127.0.0.1 \
    --iptables=false --ip6tables=false --ip-masq=false --ip-forward=false >"$state/log" 2>&1 &
  engine=$!
  export DOCKER_HOST="unix://$state/socket"
  for _ in $(seq 120); do
    if docker version >/dev/null 2>&1; then
      docker info --format 'Docker engine {{.ServerVersion}}, storage driver {{.Driver}}' 2>/dev/null
      return
    fi
    kill -0 "$engine" 2>/dev/null || break
    sleep 0.5
  done
  echo "The Docker engine does not start:" >&2
  tail -n 20 "$state/log" >&2
  exit 1
}

make_base() {
  local suite
  suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-bookworm}")
  debootstrap --variant=minbase "$suite" "$state/base" >"$state/debootstrap.log" 2>&1 ||
    { tail -n 20 "$state/debootstrap.log" >&2; exit 1; }
  tar -C "$state/base" --one-file-system -c . | docker import - revo-test/base >/dev/null
  rm -rf --one-file-system "$state/base"
}

build() {
  local context="$state/$1"
  cp -r "$images/$1" "$context"
  {
    if [ -e "$context/prepare.sh" ]; then bash "$context/prepare.sh" "$context"; fi &&
      DOCKER_BUILDKIT=0 docker build --network host --tag "revo-test/$1" "$context"
  } >"$state/build.log" 2>&1 || { tail -n 20 "$state/build.log" >&2; exit 1; }
}

start_engine
echo "Making the images …"
make_base
for store in "${stores[@]}"; do
  build "$store"
  export "REVO_TEST_${store^^}_IMAGE=revo-test/$store"
done
echo "Made the images of ${stores[*]} (${SECONDS} s)"

# Ryuk is an image that would have to be pulled, and is not needed: with the engine all containers go.
export TESTCONTAINERS_RYUK_DISABLED=true TESTCONTAINERS_HOST_OVERRIDE=127.0.0.1
status=0
"$@" || status=$?
exit "$status"
