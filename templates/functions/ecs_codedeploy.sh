# What the steps of services call that CodeDeploy moves.
# shellcheck shell=bash disable=SC2034,SC2154  # runner.sh, the libraries and the script set the variables

codedeploy_deploy() { # codedeploy_deploy --NAME VALUE...: SERVICE to the task definition TO; ends when that has all traffic
  local region='' profile='' cluster='' service='' application='' group='' from='' to='' deployment='' copied='' digests='' goal id=''
  local sets primary up wanted stability busy brings status ended creator left back shifted spec stopped='' sent=''
  read_options "$@"
  goal=$(ecs_deployable) && codedeploy_look && codedeploy_settle || return
  if [ -n "$busy" ] && [ "$creator" != codeDeployRollback ] && [ "$brings" != "$goal" ] && codedeploy_is_from &&
    grep -v '^DRAINING' <<<"$sets" | grep -qF "$goal"$'\t'; then
    sent=yes
    codedeploy_stop && codedeploy_look && codedeploy_settle || return
  fi
  if [ -n "$busy" ] && [ "$brings" = "$goal" ]; then # by an earlier start of this run, or by a stop
    id=$busy
  elif [ -z "$busy$stopped" ] && [ "$primary" = "$goal" ]; then
    id=''
  elif [ -z "$busy" ] && [[ ${stopped:+$back} != d-* ]] && { [ "$primary" = "$goal" ] || codedeploy_is_from; }; then
    codedeploy_create || return
  else
    codedeploy_refuse
    return 1
  fi
  [ -z "$id" ] || codedeploy_wait || return
  ecs_verify codedeploy_tasks
}

codedeploy_is_from() { [ "$(ecs_original "${brings:-$primary}")" = "$from" ] || [ "${brings:-$primary}" = "$from" ]; }

codedeploy_settle() { # waits while CodeDeploy goes back to $from, or is about to go back: a deployment beside that would compete
  local began=$SECONDS patience
  while :; do
    patience=600
    codedeploy_unfinished || return
    if [ -n "$busy" ]; then
      [ "$creator" = codeDeployRollback ] && [ "$brings" != "$goal" ] && codedeploy_is_from || return 0
    elif [ -z "$stopped" ]; then
      return 0
    elif [[ $back != d-* ]]; then
      patience=30 # it does not always go back
    fi
    [ $((SECONDS - began)) -le "$patience" ] || return 0
    sleep 2
    codedeploy_look || return
  done
}

codedeploy_refuse() {
  local now=${brings:-$primary}
  [ -n "$sent" ] || changed_nothing
  echo "$service was left alone: CodeDeploy has ${busy:-no deployment under way}, ${now##*/} is live; make a new plan" >&2
}

# CodeDeploy takes one deployment of a group at a time: a second one is refused.
codedeploy_create() { # the deployment in the file $deployment; $id
  local body
  body=$(cat -- "$deployment") || return
  body=${body//"$to\\\""/$goal\\\"} # the same, unless $goal is a copy of $to
  id=$(codedeploy_aws create-deployment --cli-input-json "$body" --description "rollback to $goal" --query deploymentId) && return
  # without an answer it may have been made all the same
  codedeploy_look || return
  if [ "$brings" = "$goal" ]; then id=$busy && return; fi
  [ -z "$busy" ] || codedeploy_refuse
  return 1
}

codedeploy_stop() { # $busy, whose traffic returns to the tasks that it was to replace: ends when it has ended
  local began=$SECONDS id=$busy patience=120 ending=0
  codedeploy_aws stop-deployment --deployment-id "$id" --auto-rollback-enabled --query status || patience=20
  while [ $((SECONDS - began)) -le "$patience" ]; do
    if codedeploy_read "$id" && [ -n "$ended" ]; then
      # what goes back from it is there a moment later, and nothing where no traffic had moved
      [ "$status" != Succeeded ] && [[ $back != d-* ]] && [ "$ending" -lt 5 ] || return 0
      ending=$((ending + 1))
    fi
    sleep 2
  done
  echo "$service: $id is $status, and CodeDeploy does not go back" >&2
  return 1
}
