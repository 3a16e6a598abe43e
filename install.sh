#!/usr/bin/env bash
# Installs the skill for Claude Code, shows it on a throw-away project (--demo), or tests it (--test). See --help.
# Runs on bash 3.2 and newer.
set -euo pipefail
unset CDPATH
root=$(cd -- "$(dirname -- "$0")" && pwd -P)
needs="deployment-rollback needs Python 3.10 or newer as python3"

if ! command -v python3 >/dev/null 2>&1; then
  printf 'error: %s, which is not installed; fix: install it\n' "$needs" >&2
  exit 69
fi
if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))'; then
  printf 'error: %s, and this is %s; fix: put a newer one first in PATH\n' "$needs" "$(python3 --version 2>&1)" >&2
  exit 69
fi
if [ "${1:-}" = --test ]; then
  shift
  if [ ! -f "$root/tests/run.sh" ]; then
    echo 'error: the tests are part of the repository, not of an installed copy; fix: run them in a clone' >&2
    exit 2
  fi
  exec bash "$root/tests/run.sh" "$@"
fi
exec python3 "$root/installer" "$@"
