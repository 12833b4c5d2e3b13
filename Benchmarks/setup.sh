#!/bin/bash
# Installs what `make bench` measures snap against, and what it draws with: Debian's packages, and from PyPI, into a virtual environment, the newest borg and matplotlib.
#
#     setup.sh DIR    the environment is made in DIR/venv; the newest borg is DIR/venv/bin/borg
set -euo pipefail

packages=(linux-source git restic borgbackup bup casync rsync zstd tar gcc libc6-dev libzstd-dev
  python3-venv python3-dev pkg-config libssl-dev libacl1-dev liblz4-dev zlib1g-dev libxxhash-dev)

if ! dpkg -s "${packages[@]}" >/dev/null 2>&1; then
  if [ "$(id -u)" = 0 ]; then sudo=(); else sudo=(sudo); fi
  "${sudo[@]}" apt-get update -qq
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${packages[@]}" >/dev/null
fi
mkdir -p "$1"
if ! [ -x "$1/venv/bin/borg" ] || ! "$1/venv/bin/python" -c 'import matplotlib' 2>/dev/null; then
  python3 -m venv "$1/venv"
  "$1/venv/bin/pip" install -q --disable-pip-version-check borgbackup matplotlib
fi
