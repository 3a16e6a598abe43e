# Reads services of Amazon ECS: the same bytes in every run folder whose scripts name it.
# shellcheck shell=bash disable=SC2154  # its callers set the variables, runner.sh those in capitals

# No pager and no prompt, whatever the configuration says: nobody is there to answer.
aws_answer() { # aws_answer SERVICE WORD...: the AWS command line in $region with $profile, its answer as text
  [ -z "$profile" ] || set -- "$@" --profile "$profile"
  AWS_PAGER='' AWS_CLI_AUTO_PROMPT=off "$AWS" "$@" --region "$region" --output "${format:-text}"
}

ecs_aws() { aws_answer ecs "$@"; } # ecs_aws WORD...: its commands of ECS

ecs_rows() { # of $services: name, ARN, task definition, rollout, running, desired, deployments that have tasks, revisions
  local query primary="deployments[?status=='PRIMARY']|[0]"
  query="services[?status!='INACTIVE'].[serviceName, serviceArn, $primary.taskDefinition, $primary.rolloutState,"
  query="$query runningCount, desiredCount, length(deployments[?runningCount>\`0\` || pendingCount>\`0\`]),"
  query="$query join(' ', not_null(currentServiceRevisions, \`[]\`)[].arn)]"
  # shellcheck disable=SC2086  # one word for each service
  ecs_aws describe-services --cluster "$cluster" --services $services --query "$query"
}

ecs_arns() { # ecs_arns --NAME VALUE...: the ARN of each service, in their order
  local region='' profile='' cluster='' services='' rows name
  read_options "$@"
  rows=$(ecs_rows) || return
  for name in $services; do awk -F '\t' -v name="$name" '$1 == name { print $2 }' <<<"$rows"; done
}

ecs_live() { # ecs_live --NAME VALUE...: the task definition of each service, in their order: shop:7
  local region='' profile='' cluster='' services='' copied='' rows name arn
  read_options "$@"
  rows=$(ecs_rows) || return
  for name in $services; do
    arn=$(awk -F '\t' -v name="$name" '$1 == name { print $3 }' <<<"$rows")
    arn=$(ecs_original "$arn") || return
    echo "${arn##*/}"
  done
}

# A task definition that was deregistered cannot be deployed: a copy of it can, under a new number.
ecs_original() { # ecs_original ARN: what it is a copy of, of those in $copied (ARN@NEWEST-NUMBER-BEFORE); else itself
  local entry original
  for entry in $copied; do
    original=${entry%@*}
    [ "${1%:*}" = "${original%:*}" ] && [ "${1##*:}" -gt "${entry##*@}" ] || continue
    [ "$(ecs_content "$1")" != "$(ecs_content "$original")" ] || { echo "$original" && return; }
  done
  echo "$1"
}

ecs_copy() { # ecs_copy: the newest ACTIVE copy of $original with a number above $after; nothing without one
  local family=${original##*/} arns arn wanted=''
  family=${family%:*}
  arns=$(ecs_aws list-task-definitions --family-prefix "$family" --status ACTIVE --sort DESC --max-items 20 \
    --query 'taskDefinitionArns[]') || return
  for arn in $arns; do
    [[ $arn == */"$family":* ]] && [ "${arn##*:}" -gt "$after" ] || continue
    [ -n "$wanted" ] || wanted=$(ecs_content "$original")
    [ "$(ecs_content "$arn")" != "$wanted" ] || { echo "$arn" && return; }
  done
}

ecs_content() { # ecs_content ARN: what a task definition says, the same text for a copy; a failed read is no content
  local format=json query
  query='taskDefinition.[containerDefinitions, volumes, networkMode, cpu, memory, taskRoleArn, executionRoleArn,'
  query="$query placementConstraints, requiresCompatibilities, runtimePlatform, ephemeralStorage, proxyConfiguration,"
  query="$query pidMode, ipcMode, inferenceAccelerators, enableFaultInjection]"
  ecs_aws describe-task-definition --task-definition "$1" --query "$query" || echo "unreadable: $1"
}

ecs_copy_state() { # ecs_copy_state --NAME VALUE...: ACTIVE, or none
  local region='' profile='' cluster='' original='' after='' copy
  read_options "$@"
  copy=$(ecs_copy) || return
  [ -z "$copy" ] && echo none || echo ACTIVE
}

ecs_serves() { # ecs_serves --NAME VALUE...: "shop:7 on every task" once the rollout is complete, else what is missing
  local region='' profile='' cluster='' service='' copied='' digests='' live state up wanted others revision arn against
  read_options "$@"
  ecs_look || return
  arn=$(ecs_original "$live") || return
  if [ "$state" != COMPLETED ] || [ "$up" != "$wanted" ] || [ "$others" -gt 1 ]; then
    echo "${arn##*/} $state, $up of $wanted tasks run"
    return
  fi
  against=$(ecs_tasks "$live" && ecs_images) || return
  echo "${arn##*/} ${against:-on every task}"
}

ecs_look() { # of $service: $live, $state, $up, $wanted, $others, $revision
  local services=$service name arn row
  row=$(ecs_rows) || return
  IFS=$'\t' read -r name arn live state up wanted others revision <<<"$row"
  if [ "$state" = None ]; then # behind a Classic Load Balancer, and of old services
    if [ "$up" = "$wanted" ] && [ "$others" -le 1 ]; then state=COMPLETED; else state=IN_PROGRESS; fi
  fi
  [ "$name" = "$service" ] || { echo "ECS has no service $service in $cluster" >&2 && return 1; }
}

# Digests of service revisions are compared with each other: a task may have that of its own platform.
ecs_images() { # what speaks against the images of the live revision of $service; nothing if they are $digests, or nobody knows
  local rows
  [ -n "$digests" ] && [[ $revision == arn:* && $revision != *' '* ]] || return 0
  rows=$(ecs_aws describe-service-revisions --service-revision-arns "$revision" \
    --query "serviceRevisions[0].containerImages[].[containerName, imageDigest || '-']") || return
  awk -F '\t' -v digests="$digests" '
    BEGIN { count = split(digests, words, " "); for (i = 1; i <= count; i++) { split(words[i], part, "="); known[part[1]] = part[2] } }
    $1 in known && $2 != "-" && $2 != known[$1] { print $1 " runs " $2 ", not " known[$1] }
  ' <<<"$rows"
}

ecs_tasks() { # ecs_tasks ARN: what speaks against it of the tasks of $service; nothing if all run it
  local rows
  rows=$(ecs_task_rows 'tasks[].[taskDefinitionArn, lastStatus]') || return
  awk -F '\t' -v wanted="$1" '
    NF < 2 { next }
    $1 != wanted { print "a task still runs " $1; next }
    $2 != "RUNNING" { print "a task is " $2 }
  ' <<<"$rows" | sort -u
}

ecs_task_rows() { # ecs_task_rows QUERY: of each task of $service that should run
  local arns
  arns=$(ecs_aws list-tasks --cluster "$cluster" --service-name "$service" --desired-status RUNNING --query 'taskArns[]') || return
  # shellcheck disable=SC2086  # one word for each task
  set -- "$1" $arns
  while [ "$#" -gt 1 ]; do
    ecs_aws describe-tasks --cluster "$cluster" --tasks "${@:2:100}" --query "$1" || return
    set -- "$1" "${@:102}"
  done
}
