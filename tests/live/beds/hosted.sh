#!/usr/bin/env bash
# The real Heroku client from npm, into the cache folder outside this repository. Usage: hosted.sh install | path
# Offline afterwards: tests run it in a network namespace that has only loopback.
set -euo pipefail
bed=${XDG_CACHE_HOME:-$HOME/.cache}/deployment-rollback-beds/hosted
client=heroku@11.10.0

install() {
  [ "$(cat "$bed/version" 2>/dev/null)" = "$client" ] && return
  command -v npm >/dev/null || { echo "error: npm is not installed; fix: install Node.js 20 or newer" >&2; exit 69; }
  rm -rf "$bed"
  mkdir -p "$bed"
  npm install --prefix "$bed" --no-audit --no-fund --loglevel=error "$client" >&2
  printf '%s\n' "$client" >"$bed/version"
}

case ${1-} in
  install) install ;;
  path) printf '%s\n' "$bed/node_modules/.bin/heroku" ;;
  *) sed -n 2,3p "$0" >&2; exit 2 ;;
esac
