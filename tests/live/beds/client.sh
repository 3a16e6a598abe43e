#!/usr/bin/env bash
# The real Claude Code client, two versions, and a tokenizer, from npm into the cache folder outside this repository. Usage: client.sh install | path NAME
# NAME: current, older or tokenizer. Offline afterwards: tests run it in a network namespace that has only loopback.
set -euo pipefail
bed=${XDG_CACHE_HOME:-$HOME/.cache}/deployment-rollback-beds/client
client=@anthropic-ai/claude-code
versions=(current "$client@2.1.332" older "$client@2.1.197" tokenizer gpt-tokenizer@4.0.0)

install() { # NAME PACKAGE@VERSION
  local folder=$bed/$1
  [ "$(cat "$folder/version" 2>/dev/null)" = "${2##*@}" ] && return
  command -v npm >/dev/null || { echo "error: npm is not installed; fix: install Node.js 18 or newer" >&2; exit 69; }
  rm -rf "$folder"
  mkdir -p "$folder"
  npm install --prefix "$folder" --no-audit --no-fund --loglevel=error "$2" >&2
  [ "$1" = tokenizer ] || "$folder/node_modules/.bin/claude" --version >&2
  printf '%s\n' "${2##*@}" >"$folder/version"
}

case ${1-} in
  install) for ((i = 0; i < ${#versions[@]}; i += 2)); do install "${versions[i]}" "${versions[i + 1]}"; done ;;
  path) case ${2:?current, older or tokenizer} in
    tokenizer) printf '%s\n' "$bed/tokenizer/node_modules/gpt-tokenizer" ;;
    *) printf '%s\n' "$bed/$2/node_modules/.bin/claude" ;;
  esac ;;
  *) sed -n 2,3p "$0" >&2; exit 2 ;;
esac
