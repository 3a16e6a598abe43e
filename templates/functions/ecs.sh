# What the steps of Amazon ECS call.
# shellcheck shell=bash disable=SC2034,SC2154  # runner.sh and the script set the variables in capitals

ecs_deploy() { # ecs_deploy --NAME VALUE...: SERVICE to the task definition TO; ends when ECS calls the rollout complete
  local region='' profile='' cluster='' service='' from='' to='' running='' copied='' digests='' live state up wanted others revision goal
  read_options "$@"
  ecs_look || return
  goal=$(ecs_deployable) || return
  if [ "$live" = "$goal" ]; then # by an earlier start of this run, or by ECS
    [ "$state" != FAILED ] || ecs_update --force-new-deployment || return
  elif [ "$live" != "$from" ] && [ "$(ecs_original "$live")" != "$from" ]; then
    changed_nothing
    echo "$service was left alone: ${live##*/} is live, somebody deployed it since this run began; make a new plan" >&2
    return 1
  elif [ -z "$running" ] || ! ecs_stop; then
    running=''
    # without an answer it may have been made all the same
    ecs_update || { ecs_look && [ "$live" = "$goal" ]; } || return
  fi
  ecs_wait || return
  ecs_verify ecs_tasks "$goal"
}

ecs_deployable() { # what is deployed for $to: itself, or its ACTIVE copy
  local entry original after copy
  for entry in $copied; do
    original=${entry%@*} after=${entry##*@}
    [ "$original" = "$to" ] || continue
    copy=$(ecs_copy) || return
    [ -n "$copy" ] || { echo "${to##*/} is INACTIVE, and there is no copy of it" >&2 && return 1; }
    echo "$copy" && return
  done
  echo "$to"
}

ecs_update() { # ecs_update [WORD]...: the desired count, network and load balancers stay
  ecs_aws update-service --cluster "$cluster" --service "$service" --task-definition "$goal" "$@" --query service.taskDefinition
}

ecs_stop() { # the deployment in flight, back to what was live before; status 1 if it cannot be stopped any more
  ecs_aws stop-service-deployment --service-deployment-arn "$running" --stop-type ROLLBACK
}

ecs_wait() { # until the rollout of $goal is complete, or has failed
  local began=$SECONDS missed=0 last='' patience=30 # seconds: a read may be older than the change
  [ -z "$running" ] || patience=120
  while :; do
    if ! ecs_look; then
      missed=$((missed + 1))
      [ "$missed" -lt 4 ] || return 1
    elif [ "$live $state" = "$goal COMPLETED" ]; then
      return 0
    elif [ "$live $state" = "$goal FAILED" ]; then
      ecs_failed "the rollout of ${goal##*/} failed" || return
    elif [ "$live" = "$goal" ] || { [ "$live" = "$from" ] && [ $((SECONDS - began)) -lt "$patience" ]; }; then
      missed=0
      [ "$live" != "$goal" ] || patience=0
      [ "$last" = "$live $state $up" ] || echo "${live##*/} $state: $up of $wanted tasks run"
      last="$live $state $up"
    else
      ecs_failed "ECS does not keep ${goal##*/}: ${live##*/} is live again" || return
    fi
    sleep 2
  done
}

ecs_failed() { # ecs_failed WHAT: with what ECS says, and status 1
  echo "$service: $1" >&2
  ecs_aws describe-services --cluster "$cluster" --services "$service" \
    --query "services[0].[deployments[?rolloutState=='FAILED'].rolloutStateReason, events[:3].message][]" >&2 || true
  return 1
}

ecs_register() { # ecs_register --NAME VALUE...: a copy of ORIGINAL from the file DEFINITION, once
  local region='' profile='' cluster='' original='' after='' definition='' copy
  read_options "$@"
  copy=$(ecs_copy) || return
  [ -n "$copy" ] || ecs_aws register-task-definition --cli-input-json "file://$definition" --query taskDefinition.taskDefinitionArn
}

ecs_deregister() { # ecs_deregister --NAME VALUE...: the copy of ORIGINAL; tasks that run it go on
  local region='' profile='' cluster='' original='' after='' copy
  read_options "$@"
  copy=$(ecs_copy) || return
  [ -z "$copy" ] || ecs_aws deregister-task-definition --task-definition "$copy" --query taskDefinition.taskDefinitionArn
}
