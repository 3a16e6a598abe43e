# What the steps of Helm call.
# shellcheck shell=bash disable=SC2034,SC2154  # runner.sh and the script set the variables in capitals

helm_at() { "$HELM" --namespace "$namespace" ${context:+--kube-context "$context"} "$@"; } # helm_at ARGUMENT...

revision_content() { # revision_content REVISION: its status and the salted hash of its manifest; revision 0 is the newest
  local answer
  answer=$(helm_at get all "$release" --revision "$1" --template '{{.Release.Info.Status}}:{{.Release.Manifest}}') || return
  printf '%s %s\n' "${answer%%:*}" "$(printf '%s' "$salt${answer#*:}" | sha256 | cut -c 1-32)"
}

# --status, --source: how the plan saw the release; --target: the content to roll back to; --applied: the content of its live objects.
# A guard also has --move and, of its --workloads, the salted hash of the pod templates: an edit after planning counts until the move begins.
live_release() { # live_release --NAME VALUE...: status and content, or an empty line while a change of this run is half done
  local context='' namespace='' salt='' release='' status='' source='' target='' applied='' move='' templates='' workloads='' line hash
  read_options "$@"
  line=$(revision_content 0) || return
  case $VERB/$line in
    "restore/deployed $applied") line="$status $source" ;; # the objects are as they were before the rollback, and Helm calls that deployed
    "$VERB/$status $source" | "$VERB/deployed $target") ;;
    *" $source" | *" $target" | *" $applied") [ -z "$BEGUN" ] || [ "$MODE" = where ] || line='' ;;
  esac
  if [ -n "$workloads" ] && [ "$VERB/$line" = "execute/$status $source" ] && [[ $UNDERWAY != *" $move "* ]]; then
    hash=$(pod_templates) || return
    [ "$hash" = "$templates" ] || line="$line, but the pod template of a workload was changed"
  fi
  printf '%s\n' "$line"
}

pod_templates() { # salted hash of the pod templates of the workloads that exist
  local rows row='{.metadata.namespace}/{.kind}/{.metadata.name} {.spec.template}'
  rows=$(get_existing "$workloads" --output "jsonpath={range .items[*]}$row{\"\\n\"}{end}") || return
  printf '%s%s' "$salt" "$(sort -u <<<"$rows")" | sha256 | cut -c 1-32
}

get_existing() { # get_existing 'NAMESPACE/KIND/NAME...' ARGUMENT...: what kubectl prints of those that exist
  local space
  # shellcheck disable=SC2046,SC2086  # one word for each object
  for space in $(printf '%s\n' $1 | cut -d / -f 1 | sort -u); do
    kubectl_at "$context" "$space" get $(printf '%s\n' $1 | sed -n "s|^$space/||p") --ignore-not-found "${@:2}" || return
  done
}

# As live_release, and: --content: what to roll back to, of which the plan saw --revision; --new: objects that may be someone else's.
roll_back() { # roll_back --NAME VALUE...: to the revision that has the content, with these options of Helm
  local context='' namespace='' salt='' release='' status='' source='' target='' applied='' content='' revision='' new='' options=''
  local revisions line output result=0
  read_options "$@"
  revisions=$(helm_at history "$release" --max 256 | awk 'NR > 1 { print $1 }' | sort -rn) || return
  for revision in "$revision" $revisions; do
    line=$(revision_content "$revision" || echo unreadable)
    [ "${line#* }" != "$content" ] || break
  done
  [ "${line#* }" = "$content" ] || refuse "no revision of release $release has that content any more" || return
  refuse_changed_release || return
  refuse_foreign_objects || return
  # shellcheck disable=SC2086  # one word for each option
  set -- rollback "$release" "$revision" $options
  output=$(helm_at "$@" 2>&1) || result=$?
  printf '%s\n' "$output"
  # Helm stops once on an object that exists but is not in its newest manifest: the manifest of this very try has it
  if [[ $result != 0 && $output == *' with the name "'* ]]; then helm_at "$@"; else return "$result"; fi
}

refuse_changed_release() { # the guards, which looked at it, may have run minutes ago
  local line now
  line=$(revision_content 0) || return
  [ "$line" != "$status $source" ] || return 0 # as planned, whatever its status
  now=${line%% *}
  # an earlier start of this very run was killed, or stopped by a hook
  [ "$now" != pending-rollback ] || [[ $UNDERWAY != *"$MOVES"* ]] || now=failed
  case "$now ${line#* }" in
    pending-* | uninstall*) ;;
    *" $source" | *" $target" | *" $applied") return 0 ;;
  esac
  refuse "release $release is $now: someone changed it since this run began. It was left alone; make a new plan"
}

refuse_foreign_objects() { # those that exist belong to this release, by Helm's own marks
  local objects mark=':.metadata.annotations.meta\.helm\.sh/release'
  objects=$(get_existing "$new" --no-headers --output "custom-columns=:.kind,:.metadata.name,$mark-name,$mark-namespace") || return
  objects=$(awk -v marks="$release $namespace" 'NF && ($3 " " $4) != marks { print $1 "/" $2 }' <<<"$objects")
  [ -z "$objects" ] || refuse "not managed by release $release, so not overwritten: ${objects//$'\n'/, }"
}

refuse() { echo "$1" >&2 && return 1; } # refuse MESSAGE

# A hook failed before any object was changed: Helm has to know first what the objects are, or it would forget those that the target lacks.
roll_back_from() { # roll_back_from --from CONTENT --from-revision N --NAME VALUE...: to that revision first; the rest as roll_back
  roll_back "${@:5}" --content "$2" --revision "$4" --options '--no-hooks --history-max=0'
  roll_back "${@:5}"
}

delete_orphans() { # delete_orphans --NAME VALUE...
  local context='' namespace='' release='' objects=''
  read_options "$@"
  objects=$(orphans "$@") || return
  # shellcheck disable=SC2086  # one word for each object
  [ -z "$objects" ] || kubectl_at "$context" "$namespace" delete $objects --ignore-not-found
}

orphans() { # orphans --NAME VALUE...: objects that still exist, that Helm marked as this release's and nobody marked to be kept
  local context='' namespace='' release='' objects='' form
  read_options "$@"
  # shellcheck disable=SC2016  # Go's variables, not the shell's
  form='{{range .items}}{{$one := .}}{{with .metadata.annotations}}{{if eq (printf "%v %v" (index . "meta.helm.sh/release-name") (index . "helm.sh/resource-policy"))'
  form="$form \"$release <nil>\"}}{{\$one.kind}} {{\$one.apiVersion}} {{\$one.metadata.name}}{{\"\\n\"}}{{end}}{{end}}{{end}}"
  # with its group: two groups may have a kind of the same name
  # shellcheck disable=SC2086  # one word for each object
  kubectl_at "$context" "$namespace" get $objects --ignore-not-found --output "go-template=$form" |
    awk '{ print $1 (split($2, part, "/") > 1 ? "." part[1] : "") "/" $3 }'
}
