# What Kubernetes and Helm share.
# shellcheck shell=bash disable=SC2154  # runner.sh and the script set the variables in capitals

kubectl_at() { # kubectl_at CONTEXT NAMESPACE ARGUMENT...
  local context=$1 namespace=$2
  shift 2
  if [ -n "$context" ]; then set -- --context "$context" "$@"; fi
  "$KUBECTL" --namespace "$namespace" "$@"
}

# A Lease for each application keeps rollbacks from other machines away. MARK tells this run from any other.
# How long one holds is told by the server's clock alone: when it was written, what time it is there. Clocks of machines differ.
leases() { # leases CONTEXT NAMESPACE: of each name|version|seconds it holds|when it was made and written|taken (as the holder's clock says)|holder
  local row='{.metadata.name}|{.metadata.resourceVersion}|{.spec.leaseDurationSeconds}|{.metadata.creationTimestamp} {.metadata.managedFields[*].time}'
  row="$row|{.spec.acquireTime}|{.spec.holderIdentity}"
  kubectl_at "$1" "$2" get leases --selector app.kubernetes.io/managed-by=deployment-rollback --output "jsonpath={range .items[*]}$row{\"\\n\"}{end}"
}

server_time() { # server_time CONTEXT NAMESPACE: as it would stamp something new
  kubectl_at "$1" "$2" create --filename - --dry-run=server --output 'jsonpath={.metadata.creationTimestamp}' \
    <<<'{"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"generateName": "rollback-"}}'
}

seconds_of() { # seconds_of 2026-11-25T10:00:00Z: since 1970; years begin in March here, so that a leap day is the last of one
  local year month day hour minute second
  IFS='-T:Z' read -r year month day hour minute second <<<"$1"
  year=$((10#$year)) month=$((10#$month))
  [ "$month" -gt 2 ] || year=$((year - 1)) month=$((month + 12))
  day=$((365 * year + year / 4 - year / 100 + year / 400 + (153 * (month - 3) + 2) / 5 + 10#$day - 719469))
  echo "$((86400 * day + 3600 * 10#$hour + 60 * 10#$minute + 10#${second%Z}))"
}

lease_spec() { # lease_spec SECONDS MARK: who, since when, for how long
  local holder now
  holder=$(printf '%s@%s/%s/%s' "$(id -un)" "$(uname -n)" "${RUN##*/}" "$2" | tr -cd 'A-Za-z0-9@._/-')
  now=$(date -u +%Y-%m-%dT%H:%M:%S.000000Z)
  printf '{"holderIdentity": "%s", "leaseDurationSeconds": %s, "acquireTime": "%s", "renewTime": "%s"}' "$holder" "$1" "$now" "$now"
}

take_leases() { # take_leases CONTEXT NAMESPACE SECONDS MARK NAME...: all of them, or none and status 9
  local context=$1 namespace=$2 seconds=$3 mark=$4 spec name rows now refused status=0
  shift 4
  spec=$(lease_spec "$seconds" "$mark")
  for name in "$@"; do
    printf '{"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "%s", ' "$name"
    printf '"labels": {"app.kubernetes.io/managed-by": "deployment-rollback", "deployment-rollback/run": "%s"}}, "spec": %s}\n' "$mark" "$spec"
  done >"$OUTPUT.leases"
  # what is there already is not made again: of several machines the server lets one
  refused=$(kubectl_at "$context" "$namespace" create --filename "$OUTPUT.leases" 2>&1 >/dev/null) || status=$?
  rm -f -- "$OUTPUT.leases"
  [ "$status" != 0 ] || return 0
  { rows=$(leases "$context" "$namespace") && now=$(server_time "$context" "$namespace"); } 2>"$ERRORS" ||
    give_up 1 "$context" "$namespace" "$mark" "$(cat "$ERRORS")"
  now=$(seconds_of "$now")
  for name in "$@"; do
    take_over "$context" "$namespace" "$mark" "$seconds" "$spec" "$name" "$(printf '%s\n' "$rows" | awk -F '|' -v name="$name" '$1 == name')"
  done
}

take_over() { # take_over CONTEXT NAMESPACE MARK SECONDS SPEC NAME ROW: ours already, or of a holder whose time is over
  local version seconds written since holder left said dead moved
  IFS='|' read -r _ version seconds written since holder <<<"$7"
  dead="if that run is dead: kubectl ${1:+--context $(printf %q "$1") }--namespace $2 delete lease $6"
  moved="another machine took or freed the lock of ${6#rollback-} a moment ago"
  [ -n "$version" ] || [[ $refused != *"\"$6\" already exists"* ]] || give_up 9 "$1" "$2" "$3" "$moved"
  [ -n "$version" ] || give_up 1 "$1" "$2" "$3" "$refused"
  written=${written% }
  left=$(($(seconds_of "${written##* }") + ${seconds:-3600} - now))
  [ "$left" -le 0 ] || [ "${holder##*/}" = "$3" ] ||
    give_up 9 "$1" "$2" "$3" "a rollback of ${6#rollback-} is under way: ${holder%/*} holds the lock since ${since%.*}, for $left more seconds ($dead)"
  if [ "${holder##*/}" = "$3" ] && [ $((2 * left)) -ge "$4" ]; then return 0; fi # ours for long enough: of hundreds none is written again
  said=$(kubectl_at "$1" "$2" patch lease "$6" --type json --patch "[
    {\"op\": \"test\", \"path\": \"/metadata/resourceVersion\", \"value\": \"$version\"},
    {\"op\": \"add\", \"path\": \"/metadata/labels/deployment-rollback~1run\", \"value\": \"$3\"},
    {\"op\": \"replace\", \"path\": \"/spec\", \"value\": $5}]" 2>&1) && return
  case $said in
    *'server rejected our request'* | *'(NotFound)'* | *'(Conflict)'*) give_up 9 "$1" "$2" "$3" "$moved" ;;
    *) give_up 1 "$1" "$2" "$3" "$said" ;;
  esac
}

give_up() { # give_up STATUS CONTEXT NAMESPACE MARK WHY: nothing stays locked
  free_leases "$2" "$3" "$4" || echo "what was locked could not be freed again"
  printf '%s\n' "$5"
  exit "$1"
}

free_leases() { # free_leases CONTEXT NAMESPACE MARK: those that this run holds: one that was taken over has another mark
  local where=/apis/coordination.k8s.io/v1/namespaces/$2/leases
  # one request for all of them; who may delete each of them only may still do that
  kubectl_at "$1" "$2" delete --raw "$where?labelSelector=deployment-rollback/run%3D$3" >/dev/null 2>&1 ||
    kubectl_at "$1" "$2" delete leases --selector "deployment-rollback/run=$3" --ignore-not-found --wait=false
}
