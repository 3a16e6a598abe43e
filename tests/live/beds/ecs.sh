#!/usr/bin/env bash
# The real AWS command line and an emulator of ECS that runs containers, both from PyPI, into the cache folder outside this repository.
# Usage: ecs.sh install | aws | python     (aws: path of the command line; python: of the emulator's interpreter)
# Offline afterwards: tests run it in a network namespace that has only loopback.
set -euo pipefail
bed=${XDG_CACHE_HOME:-$HOME/.cache}/deployment-rollback-beds/ecs
aws=awscli==1.46.3
emulator="ministack==1.5.33 docker==7.2.0"

install() {
  [ "$(cat "$bed/version" 2>/dev/null)" = "$aws $emulator" ] && return
  command -v python3 >/dev/null || { echo "error: python3 is not installed; fix: install it" >&2; exit 69; }
  rm -rf "$bed"
  mkdir -p "$bed"
  python3 -m venv "$bed/aws"
  python3 -m venv "$bed/emulator"
  "$bed/aws/bin/python" -m pip install --quiet --disable-pip-version-check "$aws" >&2
  # shellcheck disable=SC2086  # one word for each package
  "$bed/emulator/bin/python" -m pip install --quiet --disable-pip-version-check $emulator >&2
  printf '%s\n' "$aws $emulator" >"$bed/version"
}

case ${1-} in
  install) install ;;
  aws) printf '%s\n' "$bed/aws/bin/aws" ;;
  python) printf '%s\n' "$bed/emulator/bin/python" ;;
  *) sed -n 3p "$0" >&2; exit 2 ;;
esac
