# How a Helm release and its objects are read: the same bytes in every run folder whose scripts name it.
# shellcheck shell=bash disable=SC2154  # runner.sh and the script set the variables in capitals

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

rollouts() { # rollouts --NAME VALUE...: a dot for each of --workloads that is finished by the template in this file, else its name
  local context='' workloads='' template=''
  read_options "$@"
  get_existing "$workloads" --output "go-template-file=$template"
}

refuse_gone_kinds() { # Helm reads the live and the wanted manifest first, and stops in pending-rollback for good where a kind of them is gone
  local errors
  errors=$({ helm_at get manifest "$release" && echo --- && helm_at get manifest "$release" --revision "$revision"; } |
    kubectl_at "$context" "$namespace" create --dry-run=client --validate=false --filename - 2>&1 >/dev/null) || true
  errors=${errors//$'\n'/ }
  [[ $errors != *'no matches for kind'* ]] ||
    refuse "release $release was left alone: no matches for kind${errors#*no matches for kind} (apply its CustomResourceDefinition again first)"
}
