#!/usr/bin/env bash
# Lint, types, unit and contract tests, then every live lane by itself, each under a time limit. bash 3.2 and newer.
# Usage: bash install.sh --test [--live-required]     --live-required: a live test that cannot run here fails instead of being skipped
set -uo pipefail
unset CDPATH
cd -- "$(dirname -- "$0")/.." || exit 1

case "${*:-}" in
  '') ;;
  --live-required) export CI=true ;;
  *) sed -n 3p "$0" >&2; exit 2 ;;
esac

failed=0 report=''
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

# part NAME SECONDS COMMAND...: runs it; a part that hangs is interrupted (so that it stops its engines) and counts as failed
part() {
  local name=$1 limit=$2 start=$SECONDS status=0 said='passed'
  shift 2
  printf '\n== %s\n' "$name"
  if command -v timeout >/dev/null 2>&1; then set -- timeout --signal=INT --kill-after=60 "$limit" "$@"; fi
  "$@" </dev/null || status=$?
  if [ "$status" = 124 ] || [ "$status" = 137 ]; then said="HUNG, ended after $limit s"; elif [ "$status" != 0 ]; then said='FAILED'; fi
  [ "$status" = 0 ] || failed=1
  report="$report$(printf '%-24s %4d s  %s' "$name" $((SECONDS - start)) "$said")
"
}

lanes() {
  local folder lane
  for folder in tests/live/*/; do
    lane=$(basename "$folder")
    ls "$folder"test_*.py >/dev/null 2>&1 || continue
    case $lane in kubernetes) limit=2400 ;; compose | client) limit=1500 ;; *) limit=900 ;; esac
    part "live: $lane" "$limit" python -m pytest -rs --durations=5 "$folder"
  done
}

if ! environment; then
  echo "error: the test packages cannot be had; fix: go online, and see that python3 -m pip works" >&2
  exit 69
fi
PATH=$PWD/$venv/bin:$PATH
part lint 120 ruff check
part types 300 mypy
part 'unit and contracts' 900 python -m pytest -rs tests/unit
lanes

printf '\n== Result\n%s' "$report"
exit "$failed"
