# The lock of a cluster: the same bytes in every run folder whose scripts name it.
# shellcheck shell=bash disable=SC2034,SC2154  # runner.sh and the script set the variables in capitals

# A Lease for each application keeps rollbacks from other machines away. The mark tells this run from any other.
take_leases() { # take_leases --NAME VALUE...: all of them, or none and status 9
  local context='' namespace='' mark='' seconds='' names='' name holder time new refused rows now
  read_options "$@"
  holder=$(printf '%s@%s/%s/%s' "$(id -un)" "$(uname -n)" "${RUN##*/}" "$mark" | tr -cd 'A-Za-z0-9@._/-')
  time=$(date -u +%Y-%m-%dT%H:%M:%S.000000Z)
  new=$(for name in $names; do lease "$name"; done)
  # what is there already is not made again: of several machines the server lets one
  refused=$(kubectl_at "$context" "$namespace" create --filename - <<<"$new" 2>&1 >/dev/null) && return
  { rows=$(lease_rows) && now=$(server_time); } 2>"$ERRORS" || give_up 1 "$(cat "$ERRORS")"
  for name in $names; do take_over "$name"; done
}

lease() { # lease NAME [VERSION]: of this run; a patch with the version is refused when the Lease has another one by then
  printf '{"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "%s", "resourceVersion": "%s", ' "$1" "${2-}"
  printf '"labels": {"app.kubernetes.io/managed-by": "deployment-rollback", "deployment-rollback/run": "%s"}}, ' "$mark"
  printf '"spec": {"holderIdentity": "%s", "leaseDurationSeconds": %s, ' "$holder" "$seconds"
  printf '"acquireTime": "%s", "renewTime": "%s"}}\n' "$time" "$time"
}

lease_rows() { # name|version|seconds it holds|when it was made and written|since when (as the holder's clock says)|holder
  local row='{.metadata.name}|{.metadata.resourceVersion}|{.spec.leaseDurationSeconds}|{.metadata.creationTimestamp} {.metadata.managedFields[*].time}'
  kubectl_at "$context" "$namespace" get leases --selector app.kubernetes.io/managed-by=deployment-rollback \
    --output "jsonpath={range .items[*]}$row|{.spec.acquireTime}|{.spec.holderIdentity}{\"\\n\"}{end}"
}

# Clocks of machines differ: the server's alone tells how long a lock is held, by when it was written and what time it is there.
server_time() { # as it would stamp something new
  kubectl_at "$context" "$namespace" create --filename - --dry-run=server --output 'jsonpath={.metadata.creationTimestamp}' \
    <<<'{"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"generateName": "rollback-"}}'
}

seconds_of() { # seconds_of 2026-11-25T10:00:00Z: since 1970, by the date of BSD (macOS), else of GNU or BusyBox
  local time=${1%Z}
  date -j -u -f %Y-%m-%dT%H:%M:%S "$time" +%s 2>/dev/null || date -u -d "${time/T/ }" +%s
}

take_over() { # take_over NAME: ours already, or of a holder whose time is over
  local app=${1#rollback-} version length written since owner left output moved release
  IFS='|' read -r _ version length written since owner <<<"$(awk -F '|' -v name="$1" '$1 == name' <<<"$rows")"
  moved="another machine took or freed the lock of $app a moment ago"
  [ -n "$version" ] || [[ $refused != *"\"$1\" already exists"* ]] || give_up 9 "$moved"
  [ -n "$version" ] || give_up 1 "$refused"
  written=${written% }
  left=$(($(seconds_of "${written##* }") + ${length:-3600} - $(seconds_of "$now")))
  if [ "${owner##*/}" = "$mark" ]; then
    [ $((2 * left)) -lt "$seconds" ] || return 0 # long enough: of hundreds none is written again
  elif [ "$left" -gt 0 ]; then
    release="kubectl ${context:+--context $(printf %q "$context") }--namespace $namespace delete lease $1"
    give_up 9 "a rollback of $app is under way: ${owner%/*} holds the lock since ${since%.*}, for $left more seconds (if that run is dead: $release)"
  fi
  output=$(kubectl_at "$context" "$namespace" patch lease "$1" --type merge --patch "$(lease "$1" "$version")" 2>&1) && return
  [[ $output != *'(NotFound)'* && $output != *'(Conflict)'* ]] || give_up 9 "$moved"
  give_up 1 "$output"
}

# A lock that could not be renewed (status 1) is still held for half of its time; the runner releases it at the end.
give_up() { # give_up STATUS WHY: where somebody else holds one of them (9), nothing stays locked
  [ "$1" != 9 ] || release_leases --context "$context" --namespace "$namespace" --mark "$mark" ||
    echo "what was locked could not be freed again"
  printf '%s\n' "$2"
  exit "$1"
}

release_leases() { # release_leases --NAME VALUE...: those that this run holds; one that was taken over has another mark
  local context='' namespace='' mark='' label=deployment-rollback/run path=/apis/coordination.k8s.io/v1/namespaces
  read_options "$@"
  # one request for all of them; who may delete each of them only may still do that
  kubectl_at "$context" "$namespace" delete --raw "$path/$namespace/leases?labelSelector=$label%3D$mark" >/dev/null 2>&1 ||
    kubectl_at "$context" "$namespace" delete leases --selector "$label=$mark" --ignore-not-found --wait=false
}
