#!/usr/bin/env bash
# Unpacks Docker Compose v2 and buildx from another Debian suite into DIR without installing them (13 MB each).
# Usage: compose_plugin.sh SUITE DIR      SUITE: trixie (2.26.1) or sid (2.40.3)      then: export DOCKER_CONFIG=DIR
# Prints the version; a second call with the same DIR only prints it.
set -euo pipefail
if [ $# -ne 2 ]; then sed -n 2,4p "$0" >&2; exit 2; fi
suite=$1 dir=$(mkdir -p "$2" && cd "$2" && pwd)
if [ ! -x "$dir/cli-plugins/docker-compose" ]; then
  # shellcheck disable=SC2016
  mirror=$(apt-get indextargets --format '$(SITE)' 'Identifier: Packages' | grep -v security | head -1)
  mkdir -p "$dir/apt/lists/partial" "$dir/apt/cache/archives/partial" "$dir/cli-plugins"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" > "$dir/apt/sources.list"
  apt=(apt-get -qq -o Dir::Etc::sourcelist="$dir/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null
       -o Dir::State::Lists="$dir/apt/lists" -o Dir::Cache="$dir/apt/cache" -o APT::Sandbox::User=root)
  "${apt[@]}" update
  (cd "$dir/apt" && "${apt[@]}" download docker-compose docker-buildx && for deb in *.deb; do dpkg -x "$deb" root; done)
  ln -sf "$dir"/apt/root/usr/libexec/docker/cli-plugins/* "$dir/cli-plugins/"
fi
DOCKER_CONFIG=$dir docker compose version
