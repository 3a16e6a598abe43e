#!/usr/bin/env bash
# The vendors' own clients and models from npm, into the cache folder outside this repository. Usage: hosted.sh install [NAME] | path NAME
# Offline afterwards: tests run them in a network namespace that has only loopback.
set -euo pipefail
bed=${XDG_CACHE_HOME:-$HOME/.cache}/deployment-rollback-beds/hosted
clients='heroku@11.10.0 netlify-cli@26.2.0 vercel@60.1.3 @vercel/sdk@1.28.35'

install() { # install PACKAGE@VERSION
  local folder=$bed/${1%@*}
  [ "$(cat "$folder/version" 2>/dev/null)" = "$1" ] && return
  command -v npm >/dev/null || { echo "error: npm is not installed; fix: install Node.js 20 or newer" >&2; exit 69; }
  rm -rf "$folder"
  mkdir -p "$folder"
  npm install --prefix "$folder" --no-audit --no-fund --loglevel=error "$1" >&2
  printf '%s\n' "$1" >"$folder/version"
}

case ${1-} in
  install) for client in $clients; do case ${client%@*} in "${2:-${client%@*}}") install "$client" ;; esac; done ;;
  path) printf '%s\n' "$bed/$2/node_modules/.bin/${2%-cli}" ;;
  *) sed -n 2,3p "$0" >&2; exit 2 ;;
esac
