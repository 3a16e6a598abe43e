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
  against=$(ecs_tasks "$live") || return
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

ecs_tasks() { # ecs_tasks ARN: what speaks against it and its images of the tasks of $service; nothing if all run it, and $digests
  local rows
  rows=$(ecs_task_rows) || return
  awk -F '\t' -v wanted="$1" '
    NF < 2 { next }
    $1 != wanted { print "a task still runs " $1; next }
    $2 != "RUNNING" { print "a task is " $2 }
  ' <<<"$rows" | sort -u
  [ -n "$digests" ] || return 0
  rows=$(ecs_containers "$1" "$rows" && ecs_revision) || return
  [ -z "$rows" ] && [ "$wanted" = 0 ] || ecs_images "$rows"
}

ecs_task_rows() { # of each task of $service that should run: task definition, status, its containers (name=digest=image)
  local arns query
  arns=$(ecs_aws list-tasks --cluster "$cluster" --service-name "$service" --desired-status RUNNING --query 'taskArns[]') || return
  query="tasks[].[taskDefinitionArn, lastStatus, join(' ', containers[].join('=', [name, imageDigest || '-', image || '-']))]"
  # shellcheck disable=SC2086  # one word for each task
  set -- $arns
  while [ "$#" -gt 0 ]; do
    ecs_aws describe-tasks --cluster "$cluster" --tasks "${@:1:100}" --query "$query" || return
    set -- "${@:101}"
  done
}

ecs_containers() { # ecs_containers ARN ROWS: container, digest, image of each task in ROWS that runs it
  awk -F '\t' -v wanted="$1" '
    $1 == wanted { count = split($3, words, " "); for (i = 1; i <= count; i++) { gsub("=", "\t", words[i]); print words[i] } }
  ' <<<"$2"
}

ecs_revision() { # the same of the live revision of $service, as ECS resolved its tags; nothing if there is not exactly one
  [[ $revision == arn:* && $revision != *' '* ]] || return 0
  ecs_aws describe-service-revisions --service-revision-arns "$revision" \
    --query "serviceRevisions[0].containerImages[].[containerName, imageDigest || '-', image || '-']"
}

ecs_images() { # ecs_images ROWS: what speaks against them; nothing if every container of $digests has its own, and one row says so
  local unique known name wanted told container digest image
  unique=$(printf "%s\n" "${1-}" | sort -u)
  for known in $digests; do
    name=${known%%=*} wanted=${known#*=} told=''
    while IFS=$'\t' read -r container digest image; do
      [ "$container" = "$name" ] && [[ $digest == sha256:* ]] || continue
      told=yes
      [ "$digest" = "$wanted" ] || ecs_is_part || echo "$name runs $digest, not $wanted"
    done <<<"$unique"
    [ -n "$told" ] || echo "$name runs what nothing tells the digest of: whether that is $wanted is unknown"
  done
}

ecs_verify() { # ecs_verify READ...: status 1, with what READ says, if tasks run other bytes than $digests, or nothing tells within 10 seconds
  local against try
  for try in 1 2 3 4 5; do
    [ -n "$digests" ] || return 0
    against=$("$@") || return
    case $against in
      *' runs sha256:'*) against="$against: its tag was pushed again" && break ;;
      *' is unknown') [ "$try" = 5 ] || sleep 2 ;;
      *) return 0 ;;
    esac
  done
  echo "$service: $against" >&2
  return 1
}

# A task may have the digest of its own platform, where the image is for several.
ecs_is_part() { # whether ECR's manifest of $wanted in the repository of $image lists $digest
  local repository=${image#*/} manifest
  [[ $image =~ ^([0-9]{12})\.dkr[.-]ecr(-fips)?\.([a-z0-9-]+)\. ]] || return
  repository=${repository%%@*}
  manifest=$(region=${BASH_REMATCH[3]} aws_answer ecr batch-get-image --registry-id "${BASH_REMATCH[1]}" \
    --repository-name "${repository%:*}" --image-ids "imageDigest=$wanted" --query 'images[].imageManifest') || return
  [[ $manifest == *"\"$digest\""* ]]
}
