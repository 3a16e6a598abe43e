#!/usr/bin/env bash
# OpenTofu and a small real provider, built once from Go modules into the cache folder outside this repository. Needs Go.
# Usage: opentofu.sh install | path     path: the folder with tofu and cli.rc (a mirror with the provider, for TF_CLI_CONFIG_FILE)
# Offline afterwards: tests run it in a network namespace that has only loopback.
set -euo pipefail
bed=${XDG_CACHE_HOME:-$HOME/.cache}/deployment-rollback-beds/opentofu
here=$(cd "$(dirname "$0")" && pwd)
version=1.12.6 sdk=v2.40.1
provider=$bed/mirror/example.test/local/bed/1.0.0

tofu() { # `go install` refuses: its go.mod has a replace
  [ "$(cat "$bed/tofu.version" 2>/dev/null)" != "$version" ] || return 0
  echo "building OpenTofu $version" >&2
  local module=github.com/opentofu/opentofu source
  cd "$work"
  source=$(go mod download -json "$module@v$version" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')
  cp -r "$source" "$work/opentofu"
  chmod -R u+w "$work/opentofu"
  cd "$work/opentofu"
  go build -trimpath -ldflags "-s -w -X $module/version.dev=no" -o "$bed/tofu.new" ./cmd/tofu >&2
  mv -f "$bed/tofu.new" "$bed/tofu"
  printf '%s\n' "$version" >"$bed/tofu.version"
}

bed_provider() {
  local source=$here/bed_provider/main.go platform
  ! cmp -s "$source" "$bed/provider.go" || return 0
  platform=$(go env GOOS)_$(go env GOARCH)
  mkdir -p "$work/provider" "$provider/$platform"
  cp "$source" "$work/provider/"
  cd "$work/provider"
  go mod init bed >/dev/null 2>&1
  go get "github.com/hashicorp/terraform-plugin-sdk/v2@$sdk" >&2
  go mod tidy >&2
  CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o "$provider/$platform/terraform-provider-bed_v1.0.0" . >&2
  printf 'provider_installation {\n  filesystem_mirror { path = "%s" }\n}\n' "$bed/mirror" >"$bed/cli.rc"
  cp "$source" "$bed/provider.go"
}

install() {
  command -v go >/dev/null || { echo "error: go is not installed; fix: install Go 1.24 or newer" >&2; exit 69; }
  mkdir -p "$bed"
  export GOFLAGS=-buildvcs=false
  exec 9>"$bed/build.lock"
  flock 9 # two lanes that start together build once
  work=$(mktemp -d)
  trap 'chmod -R u+w "$work" && rm -rf "$work"' EXIT
  bed_provider
  tofu
}

case ${1-} in
  install) install ;;
  path) printf '%s\n' "$bed" ;;
  *) sed -n 2,4p "$0" >&2; exit 2 ;;
esac
