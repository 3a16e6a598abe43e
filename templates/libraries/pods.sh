# How a script waits for pods and replaces them: the same bytes in every run folder whose scripts name it.
# shellcheck shell=bash disable=SC2154  # runner.sh and the script set the variables in capitals

wait_until_finished() { # wait_until_finished COMMAND...: until it prints nothing but dots; prints what it names instead when it times out or fails (!)
  local left='?' failed=' ' looks=0
  trap 'printf "not finished: %s\n" "$left"; exit 1' TERM
  while :; do
    left=$("$@") || left='?'
    trim "${left//./}"
    left=$TRIMMED
    [ -n "$left" ] || return 0
    ! rollout_failed "$left" || break
    sleep 1
  done
  printf 'not finished: %s\n' "$left"
  return 1
}

rollout_failed() { # rollout_failed LEFT: the same rollout has failed (!) at 15 looks in a row; at first that may be about the rollout before
  local rollout same=' '
  for rollout in $1; do
    [[ $rollout != *! ]] || { [ "$looks" != 0 ] && [[ $failed != *" $rollout "* ]]; } || same="$same$rollout "
  done
  failed=$same looks=$((looks + 1))
  [ "$failed" != ' ' ] || looks=0
  [ "$looks" -ge 15 ]
}

# With OnDelete no controller replaces a pod that runs. Each is deleted when those before it are ready again, as the pod that was seen (by uid).
replace_pods() { # replace_pods CONTEXT NAMESPACE KIND NAME SELECTOR: until no pod is of another template than the workload has, or a new one cannot start (!)
  local state='?' pod uid failed=' ' looks=0
  trap 'printf "still to do: %s\n" "$state"; exit 1' TERM
  while :; do
    state=$(pods_to_replace "$@") || state='?'
    [ "$state" != none ] || return 0
    ! rollout_failed "${state//,/}" || break
    if [[ $state == delete\ * ]]; then
      read -r _ pod uid _ <<<"$state"
      printf '{"kind": "DeleteOptions", "apiVersion": "v1", "preconditions": {"uid": "%s"}}' "$uid" |
        kubectl_at "$1" "$2" delete --raw "/api/v1/namespaces/$2/pods/$pod" --filename - >/dev/null || echo "$pod was not deleted"
    fi
    sleep 1
  done
  printf 'a new pod cannot start: %s\n' "$state"
  return 1
}

pods_to_replace() { # pods_to_replace CONTEXT NAMESPACE KIND NAME SELECTOR: none, or what to do next: delete POD UID, or wait; and which pods are left. A new pod that no waiting helps has a !
  local uid generation seen wanted goal object pods row='{.metadata.ownerReferences[?(@.controller==true)].uid}|{.metadata.labels.controller-revision-hash}'
  object=$(kubectl_at "$1" "$2" get "$3" "$4" --output 'jsonpath={.metadata.uid} {.metadata.generation} {.status.observedGeneration} {.spec.replicas}{.status.desiredNumberScheduled} {.status.updateRevision}') || return
  read -r uid generation seen wanted goal <<<"$object"
  [ "$seen" = "$generation" ] || { echo 'wait: its controller has not seen the change yet' && return; }
  [ -n "$goal" ] || goal=$(newest_revision "$1" "$2" "$5" "$uid") || return
  row="$row|{.metadata.name}|{.metadata.uid}|{.status.conditions[?(@.type==\"Ready\")].status}|{.metadata.deletionTimestamp}"
  row="$row|{.status.initContainerStatuses[*].state.waiting.reason} {.status.containerStatuses[*].state.waiting.reason}"
  pods=$(kubectl_at "$1" "$2" get pods --selector "$5" --output "jsonpath={range .items[*]}$row{\"\\n\"}{end}") || return
  printf '%s\n' "$pods" | awk -F '|' -v uid="$uid" -v goal="$goal" -v wanted="$wanted" '
    $1 != uid { next }
    { total++ }
    { lost = ($7 ~ /CrashLoopBackOff|ErrImage|ImagePullBackOff|InvalidImageName|Create(Container|Config).*Error|RunContainerError/) ? "!" : "" }
    $6 != "" || ($2 == goal && $5 != "True") { busy = busy " " $3 ($6 == "" ? lost : "") }
    $6 != "" || $2 == goal { next }
    { left = left " " $3 }
    $5 != "True" { broken = $3 " " $4; next }
    { serving = $3 " " $4 }
    END {
      if (left == "" && busy == "" && total >= wanted) print "none"
      else if (busy != "" || left == "" || (broken == "" && total < wanted)) print "wait for" (busy == "" ? " its pods" : busy) (left == "" ? "" : ", then" left)
      else print "delete " (broken == "" ? serving : broken) " of" left
    }'
}

newest_revision() { # newest_revision CONTEXT NAMESPACE SELECTOR UID: the label of pods with the present template
  local row='{.metadata.ownerReferences[?(@.controller==true)].uid} {.revision} {.metadata.labels.controller-revision-hash}'
  kubectl_at "$1" "$2" get controllerrevisions --selector "$3" --output "jsonpath={range .items[*]}$row{\"\\n\"}{end}" |
    awk -v uid="$4" '$1 == uid && $2 > newest { newest = $2; label = $3 } END { print label }'
}
