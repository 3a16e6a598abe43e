# Reads services that CodeDeploy moves: the same bytes in every run folder whose scripts name it.
# shellcheck shell=bash disable=SC2034,SC2154  # its callers set and read the variables

codedeploy_aws() { aws_answer deploy "$@"; } # codedeploy_aws WORD...: its commands of CodeDeploy

codedeploy_look() { # of $service: $sets (a row each), $primary, $up, $wanted, $stability, $busy (a deployment under way), $brings
  local query name set
  busy=$(codedeploy_aws list-deployments --application-name "$application" --deployment-group-name "$group" \
    --include-only-statuses Created Queued InProgress Baking Ready --query 'deployments[]') || return
  busy=${busy%%[[:space:]]*} brings='' ended=yes
  [ -z "$busy" ] || codedeploy_read "$busy" || return
  [ -z "$ended" ] || busy=''
  query="services[?status!='INACTIVE']|[0].taskSets[].[status, taskDefinition, runningCount, computedDesiredCount, stabilityStatus, externalId || '-']"
  sets=$(ecs_aws describe-services --cluster "$cluster" --services "$service" --query "$query") || return
  IFS=$'\t' read -r name primary up wanted stability set < <(grep '^PRIMARY' <<<"$sets") ||
    { echo "ECS shows no PRIMARY task set of $service in $cluster" >&2 && return 1; }
  [ -z "$busy" ] || brings=$(codedeploy_brings)
}

codedeploy_read() { # codedeploy_read ID: $status, $ended (yes), $creator, $left (what it went back from), $back (what went back from it), $shifted (True: all traffic), $spec
  local query row
  query='deploymentInfo.[status, creator, rollbackInfo.rollbackTriggeringDeploymentId, rollbackInfo.rollbackDeploymentId,'
  query="$query instanceTerminationWaitTimeStarted, to_string([revision.appSpecContent.content, description])]"
  row=$(codedeploy_aws get-deployment --deployment-id "$1" --query "$query") || return
  IFS=$'\t' read -r status creator left back shifted spec <<<"$row"
  ended=''
  case $status in Succeeded | Failed | Stopped) ended=yes ;; esac
}

codedeploy_brings() { # the task definition that $busy brings or goes back to; its id if nothing tells
  local arn
  case $creator in
    codeDeployRollback) arn=$(awk -F '\t' -v id="$left" '$1 != "DRAINING" && $6 != id { print $2; exit }' <<<"$sets") ;;
    *) arn=$(awk -F '\t' -v id="$busy" '$6 == id { print $2; exit }' <<<"$sets") ;;
  esac
  [ -n "$arn" ] || arn=$(grep -oE 'arn:aws[a-z-]*:ecs:[a-z0-9-]+:[0-9]+:task-definition/[A-Za-z0-9_-]+:[0-9]+' <<<"$spec" | head -n 1)
  echo "${arn:-$busy}"
}

# CodeDeploy goes back a moment after a deployment has ended; until then, and if that fails, two task sets stand.
codedeploy_unfinished() { # with no $busy: $stopped, what failed or was stopped and left two task sets; $back: what goes back from it, unless that failed
  local id every after
  stopped=''
  [ -z "$busy" ] && [ "$(grep -vc '^DRAINING' <<<"$sets")" -gt 1 ] || return 0
  every=$(awk -F '\t' '$1 != "DRAINING" && $6 ~ /^d-/ { print $6 }' <<<"$sets")
  for id in $every; do
    codedeploy_read "$id" || return
    case $status in Failed | Stopped) after=$back ;; *) continue ;; esac
    if [[ $after == d-* ]]; then
      codedeploy_read "$after" || return
      case $status in Succeeded) continue ;; Failed | Stopped) after='' ;; esac
    fi
    stopped=$id back=$after
    return
  done
}

codedeploy_live() { # codedeploy_live --NAME VALUE...: the task definition that has the traffic, or is being brought: shop:7
  local region='' profile='' cluster='' service='' application='' group='' copied='' arn
  local sets primary up wanted stability busy brings status ended creator left back shifted spec
  read_options "$@"
  codedeploy_look || return
  arn=$(ecs_original "${brings:-$primary}") || return
  echo "${arn##*/}"
}

codedeploy_serves() { # codedeploy_serves --NAME VALUE...: "shop:7 on every task" once all traffic goes there, else what is missing
  local region='' profile='' cluster='' service='' application='' group='' copied='' digests='' arn against
  local sets primary up wanted stability busy brings status ended creator left back shifted spec stopped
  read_options "$@"
  codedeploy_look && codedeploy_unfinished || return
  arn=$(ecs_original "$primary") || return
  if [ -n "$busy" ] && { [ "$brings" != "$primary" ] || [ "$shifted" != True ]; }; then
    echo "${arn##*/} has the traffic, $busy is $status with ${brings##*/}"
  elif [ -n "$stopped" ]; then
    echo "${arn##*/} has the traffic, and so may what $stopped left beside it"
  elif [ "$stability" != STEADY_STATE ] || [ "$up" != "$wanted" ]; then
    echo "${arn##*/} $stability, $up of $wanted tasks run"
  else
    against=$(codedeploy_tasks) || return
    echo "${arn##*/} ${against:-on every task}"
  fi
}

# Tasks of the set that was left may still run: it is ended after a while.
codedeploy_tasks() { # what speaks against the tasks of $service; nothing if those of $primary run it, with $digests where those are known
  local rows
  rows=$(ecs_task_rows) || return
  # several lines: -v takes one only
  sets="$sets" awk -F '\t' -v primary="$primary" '
    NF < 2 { next }
    $1 != primary { if (index(ENVIRON["sets"], $1 "\t") == 0) print "a task still runs " $1; next }
    $2 != "RUNNING" { print "a task is " $2 }
  ' <<<"$rows" | sort -u
  rows=$(ecs_containers "$primary" "$rows")
  [ -z "$rows" ] && [ "$wanted" = 0 ] || ecs_images "$rows"
}

codedeploy_wait() { # until $id has moved all traffic to $goal, or has failed
  local missed=0 last='' late=0
  while [ "$late" -lt 15 ]; do # looks after it has ended: a read may be older than that
    if ! codedeploy_read "$id"; then
      missed=$((missed + 1))
      [ "$missed" -lt 4 ] || return 1
    else
      missed=0
      [ "$last" = "$status" ] || codedeploy_report
      last=$status
      case $status in Failed | Stopped) break ;; Succeeded) late=$((late + 1)) ;; esac
      if [ "$status" = Succeeded ] || [ "$shifted" = True ]; then
        ! codedeploy_look || [ "$primary" != "$goal" ] || return 0
      fi
    fi
    sleep 2
  done
  codedeploy_failed
}

codedeploy_report() {
  local hint=''
  [ "$status" != Ready ] || hint=": to shift the traffic: aws deploy continue-deployment --deployment-id $id --deployment-wait-type READY_WAIT --region $region"
  echo "$id is $status$hint"
}

codedeploy_failed() { # with what CodeDeploy says, and status 1
  echo "$service: $id is $last, and ${primary##*/} has the traffic, not ${goal##*/}" >&2
  codedeploy_aws get-deployment --deployment-id "$id" \
    --query 'deploymentInfo.[errorInformation.code, errorInformation.message, rollbackInfo.rollbackMessage]' >&2 || true
  return 1
}
