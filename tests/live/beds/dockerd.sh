#!/usr/bin/env bash
# Starts or stops a Docker engine of its own (socket, data and pid under DIR), apart from any other engine. Linux, needs root.
# Usage: dockerd.sh start|stop DIR [ADDRESS-POOL=10.223.0.0/16]      then: export DOCKER_HOST=unix://DIR/docker.sock
# Needs Debian's docker.io. `stop` ends it by its recorded pid and waits; `start` again keeps images and containers.
set -euo pipefail
if [ $# -lt 2 ]; then sed -n 2,4p "$0" >&2; exit 2; fi
verb=$1 dir=$(mkdir -p "$2" && cd "$2" && pwd) pool=${3:-10.223.0.0/16}

# bridge=none: Compose makes its own networks. --ip keeps published ports on loopback.
start() {
  rm -f "$dir/docker.sock"
  nohup dockerd --data-root "$dir/data" --exec-root "$dir/exec" -H "unix://$dir/docker.sock" --pidfile "$dir/dockerd.pid" \
    --bridge=none --ip 127.0.0.1 --default-address-pool "base=$pool,size=24" >"$dir/dockerd.log" 2>&1 9>&- &
  for _ in $(seq 200); do
    if docker -H "unix://$dir/docker.sock" version >/dev/null 2>&1; then
      echo "export DOCKER_HOST=unix://$dir/docker.sock"
      return
    fi
    sleep 0.1
  done
  tail -5 "$dir/dockerd.log" >&2
  return 1
}

stop() {
  [ -e "$dir/dockerd.pid" ] || return 0
  local pid
  pid=$(cat "$dir/dockerd.pid")
  kill "$pid" 2>/dev/null || return 0
  while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
}

case $verb in
  start) start ;;
  stop) stop ;;
  *) sed -n 2,4p "$0" >&2; exit 2 ;;
esac
