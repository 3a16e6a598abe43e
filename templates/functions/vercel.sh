# What the steps of Vercel call.
# shellcheck shell=bash disable=SC2034,SC2154  # runner.sh and the script set the variables in capitals

vercel_roll_back() { # vercel_roll_back --NAME VALUE...: to DEPLOYMENT, unless a domain serves something else than FROM has by now; ends when all of them serve it
  local api='' team='' project='' domains='' known='' from='' deployment='' apart='' auto_assign=off asked='' rows lines
  read_options "$@"
  vercel_move rollback "/v1/projects/$project/rollback/$deployment" || return
  [ -n "$asked" ] || vercel_keep_auto_assign # a request turns it off by itself
}

vercel_promote() { # vercel_promote --NAME VALUE...: the same by a promotion, which turns auto-assign on; then as it was. What was APART goes to its own deployment
  local api='' team='' project='' domains='' known='' from='' deployment='' apart='' auto_assign='' asked='' rows lines
  read_options "$@"
  vercel_move promote "/v10/projects/$project/promote/$deployment" || return
  vercel_keep_auto_assign
}

vercel_keep_auto_assign() { # as $auto_assign says
  local wanted=true
  rows=$(vercel_state) || return
  [ "$(vercel_auto_assign)" != "$auto_assign" ] || return 0
  [ "$auto_assign" = on ] || wanted=false
  echo "auto-assign is turned $auto_assign"
  vercel_change PATCH "/v9/projects/$project" "{\"autoAssignCustomDomains\": $wanted}" >/dev/null || return 1
}

# Vercel refuses to move a project to what it serves already: a domain that stayed behind is assigned by itself.
vercel_move() { # vercel_move WORD PATH
  local word=$1 path=$2 name id before result=0
  vercel_read_again || return
  while read -r name id; do
    case " $name=$deployment $from " in *" $name=$id "*) ;; *) vercel_refuse "$name serves $id: somebody deployed since this run began" || return ;; esac
  done <<<"$lines"
  vercel_moved # by an earlier start, or by the rollback before a restore, which was killed
  before=$(json_value lastAliasRequest.requestedAt <<<"$rows")
  case $(vercel_request) in
    pending | in-progress)
      id=$(json_value lastAliasRequest.toDeploymentId <<<"$rows")
      [ "$id" = "$deployment" ] || vercel_refuse "Vercel is moving it to $id" || return
      before='' asked=yes # by an earlier start of this run, which was killed
      ;;
    *)
      if [ "$(json_value targets.production.id <<<"$rows")" != "$deployment" ]; then
        echo "$deployment ${before:--}" >"asked.$project"
        vercel_change POST "$path" '{}' >/dev/null || result=$?
        [ "$result" != 2 ] || { rm -f -- "asked.$project" && changed_nothing && return 1; } # all the same it holds if somebody was faster: the proof tells
        asked=yes
      fi
      ;;
  esac
  [ -z "$asked" ] || { vercel_wait && vercel_moved; } || return
  vercel_assign
}

vercel_refuse() { changed_nothing && echo "the project was left alone: $1; make a new plan" >&2 && return 1; } # vercel_refuse WHY

vercel_read_again() { rows=$(vercel_state) && lines=$(vercel_lines); }

vercel_rest() { # of $lines, what is not yet as wanted: NAME WANTED SERVED
  awk -v id="$deployment" -v apart="$apart" '
    BEGIN { for (at = split(apart, rows, " "); at; at--) { split(rows[at], row, "="); own[row[1]] = row[2] } }
    { wanted = ($1 in own) ? own[$1] : id }
    wanted != $2 { print $1, wanted, $2 }' <<<"$lines"
}

vercel_arrived() { [ -z "$(vercel_rest | awk -v id="$deployment" '$2 == id')" ]; } # whether all that is not apart serves $deployment

vercel_assign() { # each domain that is not yet as wanted, by itself
  local name wanted served moved result=0
  while read -r name wanted served; do
    echo "$name is moved from $served to $wanted"
    moved=$(vercel_change POST "/v2/deployments/$wanted/aliases" "{\"alias\": \"$name\"}") || result=1
    vercel_took_back "$name" "$(json_value oldDeploymentId <<<"$moved")"
  done < <(vercel_rest)
  [ "$result" = 0 ] || vercel_read_again || return
  [ "$result" = 0 ] || [ -z "$(vercel_rest)" ] || { vercel_behind && return 1; }
}

# Without an answer the request may have been taken all the same: what the project tells decides.
vercel_wait() { # until Vercel has ended the request for $deployment that is newer than $before
  local looks=0 status until=$((SECONDS + 240))
  while :; do
    vercel_read_again || return
    status=absent
    if [ "$(json_value lastAliasRequest.toDeploymentId <<<"$rows")" = "$deployment" ] &&
      [ "$(json_value lastAliasRequest.requestedAt <<<"$rows")" != "$before" ]; then
      status=$(json_value lastAliasRequest.jobStatus <<<"$rows")
    fi
    case $apart-$status in ?*-pending | ?*-in-progress) ;; *) ! vercel_arrived || return 0 ;; esac # it would move again what is apart
    case $status in
      pending | in-progress) echo "Vercel is moving the domains: $status" && sleep 1 ;;
      failed | skipped) echo "Vercel ended the $word as $status" >&2 && vercel_behind && return 1 ;;
      *)
        looks=$((looks + 1))
        [ "$looks" -lt 5 ] || { echo "the $word is $status, yet not everything serves $deployment" >&2 && vercel_behind && return 1; }
        sleep 1
        ;;
    esac
    [ "$SECONDS" -lt "$until" ] || { echo "Vercel has not ended the $word within 240 s ($status)" >&2 && vercel_behind && return 1; }
  done
}
