#!/usr/bin/env bash
# A PostgreSQL of its own, reached by a socket in <dir>: data, socket and log lie there. Debian, root. Not for real data: fsync is off.
# Usage: postgresql.sh install | start <dir> | stop <dir>
set -euo pipefail
[ $# -ge 1 ] || { sed -n 3p "$0" >&2; exit 2; }
bin() { ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1; }
as() { setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; }

install() {
  [ -z "$(bin)" ] || return 0
  mkdir -p /etc/postgresql-common
  echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
  for _ in 1 2 3; do # another lane may be installing
    apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=120 postgresql >&2 && return 0
    apt-get update >&2 || true
  done
  return 69
}

start() {
  chown postgres "$dir"
  chmod 755 "$dir"
  [ -f "$dir/data/PG_VERSION" ] || as "$(bin)/initdb" -D "$dir/data" -U postgres -A trust --no-sync -E UTF8 --locale=C.UTF-8 >"$dir/initdb.log" 2>&1
  cd "$dir"
  as nohup "$(bin)/postgres" -D "$dir/data" -c listen_addresses= -c unix_socket_directories="$dir" \
    -c fsync=off -c synchronous_commit=off -c full_page_writes=off >"$dir/postgres.log" 2>&1 &
  for _ in $(seq 300); do
    ! "$(bin)/pg_isready" -q -h "$dir" || return 0
    sleep 0.1
  done
  tail -5 "$dir/postgres.log" >&2
  return 1
}

stop() {
  [ -f "$dir/data/postmaster.pid" ] || return 0
  local pid
  pid=$(head -1 "$dir/data/postmaster.pid")
  kill -INT "$pid"
  for _ in $(seq 300); do
    kill -0 "$pid" 2>/dev/null || return 0
    sleep 0.1
  done
  echo "still running: $pid" >&2
  return 1
}

case $1 in
  install) install ;;
  start | stop) dir=$(cd "$2" && pwd); "$1" ;;
  *) sed -n 3p "$0" >&2; exit 2 ;;
esac
