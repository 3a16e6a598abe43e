#!/usr/bin/env bash
# A whole private Kubernetes on this machine: control plane, one real node, images of a small shop. Linux, root, Go and Debian's packages; no container registry.
# Usage: bed.sh build | start <dir> [first port=16443] | stop <dir>     the build is kept in ${XDG_CACHE_HOME:-~/.cache}/deployment-rollback-beds/kubernetes
set -euo pipefail
usage() { sed -n 3p "$0" >&2; exit 2; }
[ $# -ge 1 ] || usage
here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/deployment-rollback-beds/kubernetes
packages=(containerd runc containernetworking-plugins busybox-static openssl iproute2)

missing() { ! { command -v containerd && command -v runc && command -v openssl && command -v ip && [ -x /usr/lib/cni/bridge ] && [ -x /bin/busybox ]; } >/dev/null; }

build() {
  if missing; then
    for try in 1 2 3 4 5 6; do  # another lane may be installing
      apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=120 "${packages[@]}" >&2 && break
      [ "$try" != 6 ] || exit 69
      apt-get update >&2 || true; sleep 5
    done
  fi
  "$here/build.sh" "$cache" >&2
  "$here/owner_crds.sh" "$cache/crds" >&2
  echo "$cache"
}

image() {  # name:tag version [status]
  python3 "$here/../image.py" "$@" | ctr -a "$dir/node/containerd.sock" -n k8s.io images import - >/dev/null
}

start() {
  "$here/kube_cluster.sh" start "$dir" "$cache/testcluster" "${1:-16443}"
  "$here/kube_node.sh" start "$dir" "$cache/testcluster"
  image localhost/pause:1 pause
  image localhost/shop:v1 v1; image localhost/shop:v2 v2; image localhost/shop:v3 v3 500; image localhost/shop:v4 v4 500; image localhost/shop:v5 v5
  for _ in $(seq 300); do
    [ "$("$cache/testcluster" kubectl --kubeconfig "$dir/admin.yaml" get node localhost -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}' 2>/dev/null)" != True ] || return 0
    sleep 0.1
  done
  tail -5 "$dir/node/kubelet.log" >&2; exit 1
}

case $1 in
  build) build ;;
  start) [ $# -ge 2 ] || usage; dir=$(mkdir -p "$2" && cd "$2" && pwd); start "${3:-}" ;;
  stop) [ $# -ge 2 ] || usage; dir=$2; "$here/kube_node.sh" stop "$dir" "$cache/testcluster"; "$here/kube_cluster.sh" stop "$dir" ;;
  *) usage ;;
esac
