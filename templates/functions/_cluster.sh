# What Kubernetes and Helm share.
# shellcheck shell=bash disable=SC2154  # the script sets the variables in capitals

kubectl_at() { "$KUBECTL" --namespace "$2" ${1:+--context "$1"} "${@:3}"; } # kubectl_at CONTEXT NAMESPACE ARGUMENT...

# Of a killed start the pod goes first, and what runs in it. A tool that uses another database changes nothing.
in_pod() { # in_pod MANIFEST CONTEXT NAMESPACE POD CONTAINER DATABASE COUNT QUESTION... COMMAND...: in a pod of its own, once the COUNT words of QUESTION print DATABASE
  local manifest=$1 context=$2 namespace=$3 pod=$4 container=$5 expected=$6 count=$7 line status=0
  shift 7
  kubectl_at "$context" "$namespace" delete pod "$pod" --ignore-not-found --now >&2
  # shellcheck disable=SC2064  # the names are known now
  trap "kubectl_at $(printf '%q %q' "$context" "$namespace") delete pod $(printf %q "$pod") --ignore-not-found --now --wait=false >&2 || true" EXIT
  trap 'exit 130' INT TERM HUP # ending kubectl exec does not end the program in the pod
  kubectl_at "$context" "$namespace" create --filename "$manifest" >&2
  kubectl_at "$context" "$namespace" wait --for condition=Ready "pod/$pod" --timeout 300s >&2
  line=$(kubectl_at "$context" "$namespace" exec "$pod" --container "$container" -- "${@:1:count}")
  line=${line##*$'\n'}
  if [ "${line%$'\r'}" = "$expected" ]; then
    kubectl_at "$context" "$namespace" exec "$pod" --container "$container" -- "${@:count+1}" || status=$?
  else
    status=1
    printf 'the tool in pod %s uses another database: %s\n' "$pod" "$line" >&2
  fi
  return "$status"
}

pod_gone() { # pod_gone CONTEXT NAMESPACE POD COMMAND...: COMMAND, once nothing of a killed start runs in that pod
  [ "$MODE" != run ] || kubectl_at "$1" "$2" delete pod "$3" --ignore-not-found --now >&2
  "${@:4}"
}
