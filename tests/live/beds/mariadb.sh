#!/usr/bin/env bash
# A MariaDB of its own, reached by <dir>/socket, with a port by 127.0.0.1, too: data, socket and log lie there. Debian, root. Not for real data: nothing is flushed.
# Usage: mariadb.sh install | start <dir> [port] | stop <dir>
set -euo pipefail
[ $# -ge 1 ] || { sed -n 3p "$0" >&2; exit 2; }
as() { setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"; }

install() { # these two start no service
  ! { command -v mariadbd && command -v mariadb; } >/dev/null || return 0
  for _ in 1 2 3; do # another lane may be installing
    apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=120 mariadb-server-core mariadb-client >&2 && return 0
    apt-get update >&2 || true
  done
  return 69
}

start() {
  network=(--skip-networking)
  [ -z "$port" ] || network=(--bind-address=127.0.0.1 --port="$port")
  chown nobody "$dir"
  chmod 755 "$dir"
  [ -d "$dir/data/mysql" ] || as mariadb-install-db --no-defaults --datadir="$dir/data" --auth-root-authentication-method=normal --skip-test-db >"$dir/install.log" 2>&1
  as nohup mariadbd --no-defaults --datadir="$dir/data" --socket="$dir/socket" --pid-file="$dir/pid" "${network[@]}" \
    --innodb-flush-log-at-trx-commit=0 --skip-innodb-doublewrite >"$dir/mariadb.log" 2>&1 &
  for _ in $(seq 300); do
    ! mariadb-admin --no-defaults -s -u root -S "$dir/socket" ping >/dev/null 2>&1 || return 0
    sleep 0.1
  done
  tail -5 "$dir/mariadb.log" >&2
  return 1
}

stop() {
  [ -f "$dir/pid" ] || return 0
  local pid
  pid=$(cat "$dir/pid")
  kill -TERM "$pid"
  for _ in $(seq 300); do
    kill -0 "$pid" 2>/dev/null || return 0
    sleep 0.1
  done
  echo "still running: $pid" >&2
  return 1
}

case $1 in
  install) install ;;
  start | stop) dir=$(cd "$2" && pwd) port=${3-}; "$1" ;;
  *) sed -n 3p "$0" >&2; exit 2 ;;
esac
