# What the steps of services call that CodeDeploy moves.
# shellcheck shell=bash disable=SC2034,SC2154  # runner.sh, the libraries and the script set the variables

codedeploy_deploy() { # codedeploy_deploy --NAME VALUE...: SERVICE to the task definition TO; ends when that has all traffic
  local region='' profile='' cluster='' service='' application='' group='' from='' to='' deployment='' copied='' digests='' goal id=''
  local sets primary up wanted stability busy brings status ended creator left back shifted spec against
  read_options "$@"
  goal=$(ecs_deployable) && codedeploy_look || return
  if [ -n "$busy" ] && [ "$brings" = "$goal" ]; then # by an earlier start of this run
    id=$busy
  elif [ -z "$busy" ] && [ "$primary" = "$goal" ]; then
    id=''
  elif [ "$(ecs_original "${brings:-$primary}")" != "$from" ] && [ "${brings:-$primary}" != "$from" ]; then
    codedeploy_refuse
    return 1
  elif [ -z "$busy" ]; then
    codedeploy_create || return
  elif [ "$creator" != codeDeployRollback ] && grep -v '^DRAINING' <<<"$sets" | grep -qF "$goal"$'\t'; then
    codedeploy_stop || return
  else
    codedeploy_refuse
    return 1
  fi
  [ -z "$id" ] || codedeploy_wait || return
  against=$(codedeploy_tasks) || return
  [[ $against != *' runs sha256:'* ]] || { echo "$service: $against: its tag was pushed again" >&2 && return 1; }
}

codedeploy_refuse() {
  local now=${brings:-$primary}
  echo "$service was left alone: CodeDeploy has ${busy:-no deployment under way}, ${now##*/} is live; make a new plan" >&2
}

# CodeDeploy takes one deployment of a group at a time: a second one is refused.
codedeploy_create() { # the deployment in the file $deployment; $id
  local body
  body=$(cat -- "$deployment") || return
  body=${body//"$to\\\""/$goal\\\"} # the same, unless $goal is a copy of $to
  id=$(codedeploy_aws create-deployment --cli-input-json "$body" --description "rollback to $goal" --query deploymentId) && return
  # without an answer it may have been made all the same
  codedeploy_look && [ "$brings" = "$goal" ] && id=$busy
}

codedeploy_stop() { # $busy, whose traffic returns to the tasks that it was to replace; $id: the deployment that does it
  local began=$SECONDS stopped=$busy patience=120
  codedeploy_aws stop-deployment --deployment-id "$stopped" --auto-rollback-enabled --query status || patience=20
  while [ $((SECONDS - began)) -le "$patience" ]; do
    if ! codedeploy_read "$stopped"; then
      :
    elif [ "$status" = Succeeded ]; then # just before it was to stop
      codedeploy_look && [ -z "$busy" ] && [ "$primary" = "$from" ] && codedeploy_create
      return
    elif [ -n "$ended" ] && [[ $back == d-* ]]; then
      id=$back
      return
    fi
    sleep 2
  done
  echo "$service: $stopped is $status, and CodeDeploy does not go back" >&2
  return 1
}
