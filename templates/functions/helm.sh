# What the steps of Helm call.
# shellcheck shell=bash disable=SC2154  # runner.sh and the script set the variables in capitals

helm_at() { # helm_at CONTEXT NAMESPACE ARGUMENT...
  local context=$1 namespace=$2
  shift 2
  if [ -n "$context" ]; then set -- --kube-context "$context" "$@"; fi
  "$HELM" --namespace "$namespace" "$@"
}

revision_content() { # revision_content CONTEXT NAMESPACE SALT RELEASE REVISION: its status and the salted hash of its manifest; revision 0 is the newest
  local answer
  answer=$(helm_at "$1" "$2" get all "$4" --revision "$5" --template '{{.Release.Info.Status}}:{{.Release.Manifest}}') || return
  printf '%s %s\n' "${answer%%:*}" "$(printf '%s' "$3${answer#*:}" | sha256 | cut -c 1-32)"
}

# STATUS and SOURCE: how the plan saw the release; TARGET: the content to roll back to; APPLIED: the content of its live objects.
live_releases() { # live_releases CONTEXT NAMESPACE SALT [RELEASE STATUS SOURCE TARGET APPLIED]...: a line for each, empty while a change of this run is half done
  local context=$1 namespace=$2 salt=$3 line
  shift 3
  while [ $# -gt 0 ]; do
    line=$(revision_content "$context" "$namespace" "$salt" "$1" 0) || return
    case $VERB/$line in
      "restore/deployed $5") line="$2 $3" ;; # the objects are as they were before the rollback, and Helm calls that deployed
      "$VERB/$2 $3" | "$VERB/deployed $4") ;;
      *" $3" | *" $4" | *" $5") [ -z "$BEGUN" ] || [ "$MODE" = where ] || line='' ;;
    esac
    printf '%s\n' "$line"
    shift 5
  done
}

untouched_releases() { # untouched_releases CONTEXT NAMESPACE SALT [MOVE RELEASE STATUS SOURCE TARGET APPLIED TEMPLATES WORKLOADS]...: the same, and edited pod templates of moves that have not begun
  local context=$1 namespace=$2 salt=$3 line hash
  shift 3
  while [ $# -gt 0 ]; do
    line=$(live_releases "$context" "$namespace" "$salt" "${@:2:5}") || return
    if [ -n "$8" ] && [ "$VERB/$line" = "execute/$3 $4" ] && [[ $UNDERWAY != *" $1 "* ]]; then
      # shellcheck disable=SC2086  # one word for each workload
      hash=$(pod_templates "$context" "$salt" $8) || return
      [ "$hash" = "$7" ] || line="$line, but the pod template of a workload was changed"
    fi
    printf '%s\n' "$line"
    shift 8
  done
}

pod_templates() { # pod_templates CONTEXT SALT NAMESPACE/KIND/NAME...: salted hash of the pod templates of those that exist
  local context=$1 salt=$2 space rows='' row='{.metadata.namespace}/{.kind}/{.metadata.name} {.spec.template}'
  shift 2
  for space in $(printf '%s\n' "$@" | cut -d / -f 1 | sort -u); do
    # shellcheck disable=SC2046  # one word for each workload
    rows=$rows$(kubectl_at "$context" "$space" get $(printf '%s\n' "$@" | sed -n "s|^$space/||p") --ignore-not-found \
      --output "jsonpath={range .items[*]}$row{\"\\n\"}{end}")$'\n' || return
  done
  printf '%s%s' "$salt" "$(printf '%s' "$rows" | sed '/^$/d' | sort -u)" | sha256 | cut -c 1-32
}

refuse_changed_release() { # refuse_changed_release CONTEXT NAMESPACE SALT RELEASE SEEN CONTENTS: the guards, which looked at it, may have run minutes ago
  local line status
  line=$(revision_content "$1" "$2" "$3" "$4" 0) || return
  status=${line%% *}
  [ "$line" != "$5" ] || return 0 # as planned, whatever its status
  # an earlier start of this very run was killed, or stopped by a hook
  [ "$status" != pending-rollback ] || [[ $UNDERWAY != *"$MOVES"* ]] || status=failed
  case $status in
    pending-* | uninstall*) ;;
    *) [[ " $6 " != *" ${line#* } "* ]] || return 0 ;;
  esac
  echo "release $4 is $status: someone changed it since this run began. It was left alone; make a new plan" >&2
  return 1
}

roll_back() { # roll_back CONTEXT NAMESPACE SALT RELEASE SEEN CONTENTS NEW TARGET REVISION OPTION...: to the revision with the content TARGET, REVISION if it still has it
  local context=$1 namespace=$2 salt=$3 release=$4 seen=$5 contents=$6 new=$7 target=$8 first=$9 revision revisions line output status=0
  shift 9
  revisions=$(helm_at "$context" "$namespace" history "$release" --max 256 | awk 'NR > 1 { print $1 }' | sort -rn) || return
  for revision in "$first" $revisions; do
    line=$(revision_content "$context" "$namespace" "$salt" "$release" "$revision" || true)
    if [ "${line#* }" = "$target" ]; then
      refuse_changed_release "$context" "$namespace" "$salt" "$release" "$seen" "$contents" || return
      # shellcheck disable=SC2086  # one word for each object
      refuse_foreign_objects "$context" "$namespace" "$release" $new || return
      output=$(helm_at "$context" "$namespace" rollback "$release" "$revision" "$@" 2>&1) || status=$?
      printf '%s\n' "$output"
      case $status/$output in
        0/*) return ;;
        # Helm stops once on an object that exists but is not in its newest manifest: the manifest of this very try has it
        *' with the name "'*) helm_at "$context" "$namespace" rollback "$release" "$revision" "$@" ;;
        *) return "$status" ;;
      esac
      return
    fi
  done
  echo "no revision of release $release has that content any more" >&2
  return 1
}

refuse_foreign_objects() { # refuse_foreign_objects CONTEXT NAMESPACE RELEASE NAMESPACE/KIND/NAME...: those that exist belong to this release, by Helm's own marks
  local context=$1 namespace=$2 release=$3 space objects columns
  shift 3
  columns='custom-columns=:.kind,:.metadata.name,:.metadata.annotations.meta\.helm\.sh/release-name,:.metadata.annotations.meta\.helm\.sh/release-namespace'
  for space in $(printf '%s\n' "$@" | cut -d / -f 1 | sort -u); do
    # shellcheck disable=SC2046  # one word for each object
    objects=$(kubectl_at "$context" "$space" get $(printf '%s\n' "$@" | sed -n "s|^$space/||p") --ignore-not-found --no-headers --output "$columns") || return
    objects=$(printf '%s\n' "$objects" | awk -v marks="$release $namespace" 'NF && ($3 " " $4) != marks { print $1 "/" $2 }')
    [ -n "$objects" ] || continue
    echo "not managed by release $release, so not overwritten: ${objects//$'\n'/, }" >&2
    return 1
  done
}

roll_back_from() { # roll_back_from CONTEXT NAMESPACE SALT RELEASE SEEN CONTENTS NEW APPLIED REVISION TARGET REVISION OPTION...
  # a hook failed before any object was changed: Helm has to know first what the objects are, or it would forget those that the target lacks
  roll_back "${@:1:9}" --no-hooks --history-max=0
  roll_back "${@:1:7}" "${@:10}"
}

orphans() { # orphans CONTEXT NAMESPACE RELEASE OBJECT...: those that still exist, that Helm marked as this release's and nobody marked to be kept
  local context=$1 namespace=$2 form
  # shellcheck disable=SC2016  # Go's variables, not the shell's
  form='{{range .items}}{{$one := .}}{{with .metadata.annotations}}{{if eq (printf "%v %v" (index . "meta.helm.sh/release-name") (index . "helm.sh/resource-policy"))'
  form="$form \"$3 <nil>\"}}{{\$one.kind}} {{\$one.apiVersion}} {{\$one.metadata.name}}{{\"\\n\"}}{{end}}{{end}}{{end}}"
  shift 3
  # with its group: two groups may have a kind of the same name
  kubectl_at "$context" "$namespace" get "$@" --ignore-not-found --output "go-template=$form" |
    awk '{ print $1 (split($2, part, "/") > 1 ? "." part[1] : "") "/" $3 }'
}

delete_orphans() { # delete_orphans CONTEXT NAMESPACE RELEASE OBJECT...
  local objects
  objects=$(orphans "$@")
  # shellcheck disable=SC2086  # one word for each object
  [ -z "$objects" ] || kubectl_at "$1" "$2" delete $objects --ignore-not-found
}
