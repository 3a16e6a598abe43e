# What the steps of AWS CloudFormation call.
# shellcheck shell=bash disable=SC2034,SC2154  # runner.sh and the script set the variables in capitals

# No pager and no prompt, whatever the configuration says: nobody is there to answer.
cloudformation_aws() { # cloudformation_aws WORD...: its commands of the AWS command line
  AWS_PAGER='' AWS_CLI_AUTO_PROMPT=off "$AWS" cloudformation "$@" --region "$region" --output text
}

cloudformation_try() { # cloudformation_try WORD...: the same; 9: somebody else is changing the stack
  local errors status=0
  { errors=$(cloudformation_aws "$@" 2>&1 >&3) || status=$?; } 3>&1
  [ -z "$errors" ] || printf '%s\n' "$errors" >&2
  case $status$errors in
    0*) ;;
    *'_IN_PROGRESS state'* | *OperationInProgress*) status=9 ;;
  esac
  return "$status"
}

cloudformation_status() { # of $stack: $status, $updated
  local row
  row=$(cloudformation_aws describe-stacks --stack-name "$stack" --query 'Stacks[0].[StackStatus, LastUpdatedTime || CreationTime]') || return
  IFS=$'\t' read -r status updated <<<"$row"
  updated=${updated:0:19} # to the second: versions of the command line differ after that
}

# The same stack, not updated since, and the same changes as when the plan was approved. Only a change set tells what would
# change; making one changes no resource.
cloudformation_preview() { # sets line, token, and set: the change set, empty where nothing would change
  local query state reason hashed machine name=${stack#*:stack/}
  set='' line=''
  cloudformation_status || return
  case $status in *_IN_PROGRESS) echo "$stack is being changed ($status)" >&2 && return 9 ;; esac
  cloudformation_sweep
  token="deployment-rollback-$(date +%s)-$machine-$$-$RANDOM$RANDOM"
  # shellcheck disable=SC2064  # the names are known now
  trap "region=$(printf %q "$region") cloudformation_aws delete-change-set --stack-name ${name%%/*} --change-set-name $token >&2 || true" EXIT
  trap 'exit 130' INT TERM HUP
  # shellcheck disable=SC2086  # one word for each capability
  set=$(cloudformation_try create-change-set --stack-name "$stack" --change-set-name "$token" --change-set-type UPDATE \
    --template-body "file://$template" --parameters "file://$parameters" ${capabilities:+--capabilities $capabilities} \
    --description 'what a rollback would change' --query Id) || return
  query='[Status, StatusReason]'
  while :; do
    IFS=$'\t' read -r state reason < <(cloudformation_aws describe-change-set --change-set-name "$set" --query "$query" --no-paginate) || return
    case $state in CREATE_COMPLETE | FAILED) break ;; esac
    sleep 2
  done
  if [ "$state" = FAILED ]; then
    cloudformation_forget
    case $reason in
      *"didn't contain changes"* | *'No updates are to be performed'*) line="no changes of $stack" && return ;;
      *) printf 'CloudFormation makes no change set: %s\n' "$reason" >&2 && return 1 ;;
    esac
  fi
  query='Changes[].ResourceChange.[LogicalResourceId, PhysicalResourceId, ResourceType, Action, Replacement, PolicyAction]'
  hashed=$(cloudformation_aws describe-change-set --change-set-name "$set" --query "$query" | LC_ALL=C sort | sha256) || return
  line="changes ${hashed%% *} since $updated of $stack"
}

# Its name tells when which process of which machine made a change set. rollback/infrastructure/cloudformation/leftovers.py has the same rule.
cloudformation_sweep() { # change sets that a killed look left: its process is gone, or it is another machine's and an hour old; sets machine
  local names set made where process
  machine=$(uname -n | sha256 | cut -c 1-12)
  names=$(cloudformation_aws list-change-sets --stack-name "${name%%/*}" \
    --query "Summaries[?starts_with(ChangeSetName, 'deployment-rollback-')].ChangeSetName") || return 0
  for set in $names; do
    IFS=- read -r _ _ made where process _ <<<"$set"
    case $made$process in '' | *[!0-9]*) continue ;; esac
    if [ "$where" = "$machine" ]; then ! is_running "$process" || [ "$process" = "$$" ] || continue; fi
    [ "$where" = "$machine" ] || [ $((made + 3600)) -lt "$(date +%s)" ] || continue
    cloudformation_aws delete-change-set --stack-name "${name%%/*}" --change-set-name "$set" || true
  done
}

cloudformation_forget() { # the change set
  [ -z "$set" ] || cloudformation_aws delete-change-set --change-set-name "$set" || true
  set=''
  trap - EXIT
}

cloudformation_changes() { # cloudformation_changes --NAME VALUE...: what would change, as one line
  local region='' stack='' template='' parameters='' capabilities='' status updated token set line result=0
  read_options "$@"
  cloudformation_preview || result=$?
  cloudformation_forget
  [ "$result" = 0 ] || return "$result"
  printf '%s\n' "$line"
}

cloudformation_apply() { # cloudformation_apply LINE --NAME VALUE...: unless something else than LINE would change
  local region='' stack='' template='' parameters='' capabilities='' status updated token set line approved=$1 result=0
  shift
  read_options "$@"
  cloudformation_preview || result=$?
  if [ "$result" != 0 ] || [ "$line" != "$approved" ]; then
    cloudformation_forget
    changed_nothing
    [ "$result" = 0 ] || return "$result"
    printf 'what would change is not what was approved; nothing was changed\n  approved: %s\n  now:      %s\n' "$approved" "$line" >&2
    return 1
  fi
  cloudformation_execute || result=$?
  if [ "$result" != 0 ]; then
    cloudformation_forget
    [ "$result" = 9 ] || result=1
    return "$result"
  fi
  trap - EXIT
  cloudformation_wait
}

cloudformation_execute() { # 9, or a change set that is OBSOLETE: somebody else was faster
  local errors status=0
  errors=$(cloudformation_try execute-change-set --change-set-name "$set" --client-request-token "$token" 2>&1) || status=$?
  [ -z "$errors" ] || printf '%s\n' "$errors" >&2
  case $status$errors in 9* | *InvalidChangeSetStatus*) changed_nothing ;; esac
  return "$status"
}

cloudformation_wait() { # until the update that $token began has ended
  local began=$SECONDS before=$updated last='' missed=0
  while :; do
    if ! cloudformation_status; then
      missed=$((missed + 1))
      [ "$missed" -lt 5 ] || return 1
    else
      missed=0
      [ "$last" = "$status" ] || echo "$status"
      last=$status
      case $status in
        *_IN_PROGRESS) ;;
        UPDATE_COMPLETE) [ "$updated" = "$before" ] || return 0 ;;
        *) [ "$updated" = "$before" ] || break ;;
      esac
      # the update begins a moment later
      [ "$updated" != "$before" ] || [ $((SECONDS - began)) -lt 60 ] || break
    fi
    sleep 2
  done
  cloudformation_failed
}

cloudformation_failed() { # with what CloudFormation says, and status 1
  local query="StackEvents[?ClientRequestToken=='$token' && contains(ResourceStatus, 'FAILED')].[LogicalResourceId, ResourceStatusReason]"
  case $status in
    UPDATE_ROLLBACK_COMPLETE) echo "the update failed, and CloudFormation went back: the stack is as it was" >&2 ;;
    UPDATE_ROLLBACK_FAILED) echo "the update failed, and so did going back: aws cloudformation continue-update-rollback --stack-name $stack --region $region" >&2 ;;
    *) echo "the stack is $status" >&2 ;;
  esac
  cloudformation_aws describe-stack-events --stack-name "$stack" --no-paginate --query "$query" >&2 || true
  return 1
}
