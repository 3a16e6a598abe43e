# What the steps of Helm call.
# shellcheck shell=bash disable=SC2154  # runner.sh and the script set the variables in capitals

helm_at() { # helm_at CONTEXT NAMESPACE ARGUMENT...
  local context=$1 namespace=$2
  shift 2
  if [ -n "$context" ]; then set -- --kube-context "$context" "$@"; fi
  "$HELM" --namespace "$namespace" "$@"
}

content() { # content CONTEXT NAMESPACE SALT RELEASE REVISION: its status and the salted hash of its manifest; revision 0 is the newest
  local answer
  answer=$(helm_at "$1" "$2" get all "$4" --revision "$5" --template '{{.Release.Info.Status}}:{{.Release.Manifest}}') || return
  printf '%s %s\n' "${answer%%:*}" "$(printf '%s' "$3${answer#*:}" | sha256 | cut -c 1-32)"
}

live_releases() { # live_releases CONTEXT NAMESPACE SALT [RELEASE STATUS SEEN WANTED WERE]...: a line for each, empty while a begun change is half done
  local context=$1 namespace=$2 salt=$3 line
  shift 3
  while [ $# -gt 0 ]; do
    line=$(content "$context" "$namespace" "$salt" "$1" 0) || return
    case $VERB/$line in
      "restore/deployed $5") line="$2 $3" ;; # what the objects were before is back, and now Helm calls it deployed
      "$VERB/$2 $3" | "$VERB/deployed $4") ;;
      *" $3" | *" $4" | *" $5") [ -z "$BEGUN" ] || [ "$MODE" = where ] || line='' ;;
    esac
    printf '%s\n' "$line"
    shift 5
  done
}

untouched_releases() { # untouched_releases CONTEXT NAMESPACE SALT [MOVE RELEASE STATUS SEEN WANTED WERE TEMPLATES WORKLOADS]...: the same, and of those not yet begun the pod templates too
  local context=$1 namespace=$2 salt=$3 line found
  shift 3
  while [ $# -gt 0 ]; do
    line=$(live_releases "$context" "$namespace" "$salt" "${@:2:5}") || return
    if [ -n "$8" ] && [ "$VERB/$line" = "execute/$3 $4" ] && [[ $UNDERWAY != *" $1 "* ]]; then
      # shellcheck disable=SC2086  # one word for each workload
      found=$(templates "$context" "$salt" $8) || return
      [ "$found" = "$7" ] || line="$line, but the pod template of a workload was changed"
    fi
    printf '%s\n' "$line"
    shift 8
  done
}

templates() { # templates CONTEXT SALT NAMESPACE/KIND/NAME...: salted hash of the pod templates of those that are there
  local context=$1 salt=$2 place found='' row='{.metadata.namespace}/{.kind}/{.metadata.name} {.spec.template}'
  shift 2
  for place in $(printf '%s\n' "$@" | cut -d / -f 1 | sort -u); do
    # shellcheck disable=SC2046  # one word for each workload
    found=$found$(kubectl_at "$context" "$place" get $(printf '%s\n' "$@" | sed -n "s|^$place/||p") --ignore-not-found \
      --output "jsonpath={range .items[*]}$row{\"\\n\"}{end}")$'\n' || return
  done
  printf '%s%s' "$salt" "$(printf '%s' "$found" | sed '/^$/d' | sort -u)" | sha256 | cut -c 1-32
}

still_ours() { # still_ours CONTEXT NAMESPACE SALT RELEASE SEEN KNOWN: nobody was at it since the guards, which may be minutes ago
  local line status
  line=$(content "$1" "$2" "$3" "$4" 0) || return
  status=${line%% *}
  [ "$line" != "$5" ] || return 0 # as planned, whatever Helm calls it
  # an earlier start of this very run, which was killed or stopped by a hook
  [ "$status" != pending-rollback ] || [[ $UNDERWAY != *"$MOVES"* ]] || status=failed
  case $status in
    pending-* | uninstall*) ;;
    *) [[ " $6 " != *" ${line#* } "* ]] || return 0 ;;
  esac
  echo "release $4 is $status, and not as the plan saw it: somebody else was at it meanwhile. It was left alone; make a new plan" >&2
  return 1
}

roll_back() { # roll_back CONTEXT NAMESPACE SALT RELEASE SEEN KNOWN NEW WANTED REVISION OPTION...: to the revision with this content
  local context=$1 namespace=$2 salt=$3 release=$4 seen=$5 known=$6 new=$7 wanted=$8 first=$9 revision revisions line said status=0
  shift 9
  revisions=$(helm_at "$context" "$namespace" history "$release" --max 256 | awk 'NR > 1 { print $1 }' | sort -rn) || return
  for revision in "$first" $revisions; do
    line=$(content "$context" "$namespace" "$salt" "$release" "$revision" || true)
    if [ "${line#* }" = "$wanted" ]; then
      still_ours "$context" "$namespace" "$salt" "$release" "$seen" "$known" || return
      # shellcheck disable=SC2086  # one word for each object
      all_ours "$context" "$namespace" "$release" $new || return
      said=$(helm_at "$context" "$namespace" rollback "$release" "$revision" "$@" 2>&1) || status=$?
      printf '%s\n' "$said"
      case $status/$said in
        0/*) return ;;
        # what is there but not in the newest manifest stops Helm once: with the manifest of that very try it owns it
        *' with the name "'*) helm_at "$context" "$namespace" rollback "$release" "$revision" "$@" ;;
        *) return "$status" ;;
      esac
      return
    fi
  done
  echo "no revision of release $release holds that content any more" >&2
  return 1
}

all_ours() { # all_ours CONTEXT NAMESPACE RELEASE NAMESPACE/KIND/NAME...: those that are there are this release's, by Helm's own marks
  local context=$1 namespace=$2 release=$3 place found columns
  shift 3
  columns='custom-columns=:.kind,:.metadata.name,:.metadata.annotations.meta\.helm\.sh/release-name,:.metadata.annotations.meta\.helm\.sh/release-namespace'
  for place in $(printf '%s\n' "$@" | cut -d / -f 1 | sort -u); do
    # shellcheck disable=SC2046  # one word for each object
    found=$(kubectl_at "$context" "$place" get $(printf '%s\n' "$@" | sed -n "s|^$place/||p") --ignore-not-found --no-headers --output "$columns") || return
    found=$(printf '%s\n' "$found" | awk -v marks="$release $namespace" 'NF && ($3 " " $4) != marks { print $1 "/" $2 }')
    [ -n "$found" ] || continue
    echo "there, but not of release $release, so it was not taken over: ${found//$'\n'/, }" >&2
    return 1
  done
}

free_and_roll_back() { # free_and_roll_back CONTEXT NAMESPACE SALT RELEASE SEEN KNOWN NEW WERE NUMBER WANTED REVISION OPTION...
  # a hook failed before any object was changed: Helm has to know first what they are, or it would leave behind what only they have
  roll_back "${@:1:9}" --no-hooks --history-max=0
  roll_back "${@:1:7}" "${@:10}"
}

leftovers() { # leftovers CONTEXT NAMESPACE RELEASE OBJECT...: those that are still there, that Helm marked as this release's and nobody marked to be kept
  local context=$1 namespace=$2 form
  # shellcheck disable=SC2016  # Go's variables, not the shell's
  form='{{range .items}}{{$one := .}}{{with .metadata.annotations}}{{if eq (printf "%v %v" (index . "meta.helm.sh/release-name") (index . "helm.sh/resource-policy"))'
  form="$form \"$3 <nil>\"}}{{\$one.kind}} {{\$one.apiVersion}} {{\$one.metadata.name}}{{\"\\n\"}}{{end}}{{end}}{{end}}"
  shift 3
  # with its group: two groups may have a kind of one name
  kubectl_at "$context" "$namespace" get "$@" --ignore-not-found --output "go-template=$form" |
    awk '{ print $1 (split($2, part, "/") > 1 ? "." part[1] : "") "/" $3 }'
}

delete_leftovers() { # delete_leftovers CONTEXT NAMESPACE RELEASE OBJECT...
  local found
  found=$(leftovers "$@")
  # shellcheck disable=SC2086  # one word for each object
  [ -z "$found" ] || kubectl_at "$1" "$2" delete $found --ignore-not-found
}
