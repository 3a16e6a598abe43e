# What the steps of OpenTofu and Terraform call.
# shellcheck shell=bash disable=SC2154  # runner.sh and the script set the variables in capitals

# tree: the folder of the commit's files in which the tool is run. It lies beside OUTPUT, so runner.sh removes it at the end:
# what is in there (plans, what init noted) may hold secrets.
opentofu_tree() { # opentofu_tree TOOL COMMIT DIRECTORY WORKSPACE STATE [FILE]...: sets work, tree and what the tool reads
  work=${OUTPUT%.read}.opentofu-${5##*/}
  tree=$work/tree/$3
  export TF_DATA_DIR=$work/data TF_WORKSPACE=$4 TF_IN_AUTOMATION=1 TF_INPUT=0 CHECKPOINT_DISABLE=1
}

opentofu_init() { # opentofu_init TOOL COMMIT DIRECTORY WORKSPACE STATE [FILE]...: anew, from the commit
  opentofu_tree "$@"
  rm -rf -- "$work"
  mkdir -m 700 -- "$work"
  mkdir -- "$work/data"
  [ ! -s "$5/backend.tfstate" ] || cp -- "$5/backend.tfstate" "$work/data/terraform.tfstate"
  opentofu_git read-tree "$2"
  opentofu_git checkout-index --all "--prefix=$work/tree/"
  "$1" "-chdir=$tree" init -input=false -no-color -lockfile=readonly >"$work/text" 2>"$work/errors" || opentofu_failed
}

opentofu_git() { # opentofu_git WORD...: at the root of the project's repository, with an index of its own
  (
    unset GIT_DIR GIT_WORK_TREE GIT_PREFIX GIT_COMMON_DIR
    export GIT_INDEX_FILE=$work/index
    root=$("$GIT" -C "$PROJECT" rev-parse --show-toplevel)
    "$GIT" -C "$root" -c core.fsmonitor=false -c core.hooksPath=/dev/null "$@"
  )
}

opentofu_failed() { # its own words, the first lines of them; 9: somebody else holds the state
  if grep -qF 'Error acquiring the state lock' "$work/errors"; then
    changed_nothing
    grep -E '^Error|^ +(ID|Who|Created):' "$work/errors" >&2
    return 9
  fi
  { grep -v -e '^$' "$work/errors" || true; } | { head -n 5 && cat >/dev/null; } >&2
  return 1
}

# The same text as when the plan was approved: the changes, with what they change from. The state is that of the plan as well.
opentofu_plan() { # opentofu_plan TOOL COMMIT DIRECTORY WORKSPACE STATE [FILE]...: sets line; the plan is in work/plan
  local tool=$1 state=$5 lock='-lock-timeout=10s' status=0 file text lineage serial shown
  opentofu_tree "$@"
  [ "$MODE" = run ] || lock='-lock=false'
  shift 5
  for file in "$@"; do # each goes to the end, as the option that names it
    case $file in "$state"/*) file=$RUN/$file ;; esac
    shift
    set -- "$@" "-var-file=$file"
  done
  "$tool" "-chdir=$tree" plan -input=false -no-color -detailed-exitcode "$lock" "-out=$work/plan" "$@" \
    >"$work/text" 2>"$work/errors" || status=$?
  case $status in 0 | 2) ;; *) opentofu_failed || return ;; esac
  text=$("$tool" "-chdir=$tree" state pull | { head -c 4096 && cat >/dev/null; })
  lineage=${text#*'"lineage":'} serial=${text#*'"serial":'}
  lineage=${lineage#*\"} serial=${serial%%,*}
  trim "$serial"
  line="${lineage%%\"*} no changes"
  [ "$status" = 2 ] || return 0
  shown=$("$tool" "-chdir=$tree" show -no-color "$work/plan" | sha256)
  line="${lineage%%\"*} serial $TRIMMED changes ${shown%% *}"
}

opentofu_changes() { # opentofu_changes TOOL COMMIT DIRECTORY WORKSPACE STATE [FILE]...: what would change, as one line
  opentofu_plan "$@"
  printf '%s\n' "$line"
}

opentofu_found() { # the same, in a tree that is made anew: the first of each start
  opentofu_init "$@"
  opentofu_changes "$@"
}

opentofu_apply() { # opentofu_apply line TOOL COMMIT DIRECTORY WORKSPACE STATE [FILE]...: unless something else than line would change
  local approved=$1
  shift
  opentofu_plan "$@"
  if [ "$line" != "$approved" ]; then
    changed_nothing
    printf 'what would change is not what was approved; nothing was applied\n  approved: %s\n  now:      %s\n' "$approved" "$line" >&2
    return 1
  fi
  "$1" "-chdir=$tree" apply -input=false -no-color -lock-timeout=10s "$work/plan" || opentofu_unapplied
}

opentofu_unapplied() { # what kept it from changing anything: 9, somebody else holds the state; else 1
  # a change that began may print such words of its own: a command that it runs
  ! grep -qE ': (Creating|Modifying|Destroying|Provisioning|Creation|Modifications|Destruction)' "$OUTPUT" || return 1
  ! grep -qF 'Saved plan is stale' "$OUTPUT" || changed_nothing
  ! grep -qF 'Error acquiring the state lock' "$OUTPUT" || { changed_nothing && return 9; }
  return 1
}

opentofu_values() { # opentofu_values NAME...: their values, compared by hash
  local name
  for name in "$@"; do printf '%s=%s;' "$name" "${!name-}"; done | tr '\n' ' '
}
