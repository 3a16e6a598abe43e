# What the steps of Helm call.
# shellcheck shell=bash disable=SC2034,SC2153,SC2154  # runner.sh and the script set the variables in capitals

helm_at() { "$HELM" --namespace "$namespace" ${context:+--kube-context "$context"} "$@"; } # helm_at ARGUMENT...

# As live_release of release.sh, and: --content: what to roll back to, of which the plan saw --revision; --new: objects that may be someone else's.
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
  refuse_gone_kinds || return
  # shellcheck disable=SC2086  # one word for each option
  set -- rollback "$release" "$revision" $options
  output=$(helm_at "$@" 2>&1) || result=$?
  printf '%s\n' "$output"
  # Helm stops once on an object that exists but is not in its newest manifest: the manifest of this very try has it
  if [[ $result != 0 && $output == *' with the name "'* ]]; then helm_at "$@" && return; fi
  [[ $output != *'another operation (install/upgrade/rollback) is in progress'* ]] || changed_nothing
  return "$result"
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

refuse() { changed_nothing && echo "$1" >&2 && return 1; } # refuse MESSAGE

# A hook failed before any object was changed: Helm has to know first what the objects are, or it would forget those that the target lacks.
roll_back_from() { # roll_back_from --from CONTENT --from-revision N --NAME VALUE...: to that revision first; the rest as roll_back
  roll_back "${@:5}" --content "$2" --revision "$4" --options '--no-hooks --history-max=0'
  roll_back "${@:5}" || { rm -f -- "$OUTPUT.unchanged" && return 1; }
}

delete_orphans() { # delete_orphans --NAME VALUE...
  local context='' namespace='' release='' objects=''
  read_options "$@"
  objects=$(orphans "$@") || return
  # shellcheck disable=SC2086  # one word for each object
  [ -z "$objects" ] || kubectl_at "$context" "$namespace" delete $objects --ignore-not-found
}
