#!/usr/bin/env bash
# Lint, types, unit and contract tests and every live lane, side by side (tests/parts.py says what needs what). bash 3.2 and newer.
# Usage: bash install.sh --test [--live-required]     --live-required: a live test that cannot run here fails instead of being skipped
set -uo pipefail
unset CDPATH
cd -- "$(dirname -- "$0")/.." || exit 1

case "${*:-}" in
  '') ;;
  --live-required) export CI=true ;;
  *) sed -n 3p "$0" >&2; exit 2 ;;
esac

venv=.venv/$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')

# The tests' own Python environment. Without pip in it: Debian's python3 can make that without further packages.
environment() {
  local wanted
  wanted=$(cat requirements.txt tests/requirements.txt)
  [ "$(cat "$venv/made-from" 2>/dev/null)" = "$wanted" ] && return
  echo "Setting up $venv..."
  rm -rf "$venv"
  python3 -m venv --without-pip "$venv" || return
  if command -v uv >/dev/null 2>&1; then
    uv pip install --quiet --python "$venv/bin/python" -r tests/requirements.txt || return
  else
    python3 -m pip --disable-pip-version-check --python "$venv/bin/python" install --quiet -r tests/requirements.txt || return
  fi
  printf '%s\n' "$wanted" >"$venv/made-from"
}

if ! environment; then
  echo "error: the test packages cannot be had; fix: go online, and see that python3 -m pip works" >&2
  exit 69
fi
PATH=$PWD/$venv/bin:$PATH
exec python -m tests.run_parts "$@"
