#!/usr/bin/env bash
# Builds a whole Kubernetes (etcd, API server, controllers, scheduler, kubelet: one binary), kubectl, Helm 3 and 4, kwok from Go modules; with `more` Flux's kustomize-controller
# and Argo, too; done once, then kept.
# Usage: build.sh <out dir> [more]     needs Go >= 1.25; cold on 2 cores about 12 minutes, `more` some 14 more; an interrupted build goes on where it was
set -euo pipefail
[ $# -eq 1 ] || [ "$#${2:-}" = 2more ] || { sed -n 4p "$0" >&2; exit 2; }
command -v go >/dev/null || { echo "build.sh: Go is not installed, and the cluster is built from Go modules" >&2; exit 69; }
kubernetes=1.34.4 etcd=3.6.4 helm3=3.19.0 helm4=4.0.1 kwok=0.7.0 kustomize=1.7.3 rollouts=1.8.3 argocd=3.2.11
here=$(cd "$(dirname "$0")" && pwd) out=$(mkdir -p "$1" && cd "$1" && pwd)
export CGO_ENABLED=0 GOFLAGS=-buildvcs=false
exec 9>"$out/build.lock"; flock 9   # two lanes that start together build once
built() { [ -x "$out/$1" ] && [ "$(cat "$out/$1.version" 2>/dev/null)" = "$2" ]; }
keep() { mv -f "$out/$1.new" "$out/$1"; echo "$2" >"$out/$1.version"; }
install() {  # name, module path, version
  built "$1" "$3" && return
  echo "building $1 $3" >&2
  GOBIN=$out/gobin go install -trimpath -ldflags='-s -w' "$2@v$3"
  mv "$out/gobin/$(basename "$2")" "$out/$1.new"; keep "$1" "$3"
}
controller() {  # name, module path, version, package in it: `go install` refuses a module with replacements, so the small module repeats those that are published
  built "$1" "$3" && return
  echo "building $1 $3" >&2
  local module source
  module=$(mktemp -d); cd "$module"
  source=$(go mod download -json "$2@v$3" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
  {
    printf 'module example.invalid/controller\n\ngo 1.24.0\n\nrequire %s v%s\n\nreplace (\n' "$2" "$3"
    sed -n '/=> \.\//d; s/^replace \([^(]\)/\t\1/; s/^\t.* => .* v.*/&/p' "$source/go.mod"
    printf ')\n'
  } >go.mod
  GOFLAGS="$GOFLAGS -mod=mod" go build -trimpath -ldflags='-s -w' -o "$out/$1.new" "$2${4:-}"
  cd "$out"; rm -rf "$module"
  keep "$1" "$3"
}
cluster() {
  local module source
  module=$(mktemp -d); cp "$here/main.go" "$module"; cd "$module"
  source=$(go mod download -json "k8s.io/kubernetes@v$kubernetes" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
  {
    printf 'module example.invalid/testcluster\n\ngo 1.24.0\n\nrequire (\n\tk8s.io/kubernetes v%s\n\tgo.etcd.io/etcd/server/v3 v%s\n)\n\nreplace (\n' "$kubernetes" "$etcd"
    # the module's own replacements point into its source tree, where the published zip has nothing: use the published siblings
    sed -n "s#^\t\(k8s.io/[^ ]*\) => ./staging.*#\t\1 => \1 v0.${kubernetes#*.}#p" "$source/go.mod"
    printf ')\n'
  } >go.mod
  go mod tidy
  local version="-X k8s.io/component-base/version.gitVersion=v$kubernetes -X k8s.io/client-go/pkg/version.gitVersion=v$kubernetes"
  go build -trimpath -ldflags="-s -w $version" -o "$out/testcluster.new" .
  # of its own, as everybody has it: as a part of the one binary it would take twice as long to start
  go build -trimpath -ldflags="-s -w $version" -o "$out/kubectl.new" k8s.io/kubernetes/cmd/kubectl
  cd "$out"; rm -rf "$module"
}
if ! built testcluster "$kubernetes" || ! built kubectl "$kubernetes"; then
  echo "building testcluster and kubectl $kubernetes" >&2
  cluster; keep testcluster "$kubernetes"; keep kubectl "$kubernetes"
fi
install helm3 helm.sh/helm/v3/cmd/helm "$helm3"
install kwok sigs.k8s.io/kwok/cmd/kwok "$kwok"
install helm4 helm.sh/helm/v4/cmd/helm "$helm4"
if [ "${2:-}" = more ]; then
  controller kustomize-controller github.com/fluxcd/kustomize-controller "$kustomize"
  controller rollouts-controller github.com/argoproj/argo-rollouts "$rollouts" /cmd/rollouts-controller
  controller kubectl-argo-rollouts github.com/argoproj/argo-rollouts "$rollouts" /cmd/kubectl-argo-rollouts
  controller argocd github.com/argoproj/argo-cd/v3 "$argocd" /cmd
fi
rm -rf "$out/gobin"
