# What the steps of Vercel call.
# shellcheck shell=bash disable=SC2034,SC2154  # runner.sh and the script set the variables in capitals

vercel_roll_back() { # vercel_roll_back --NAME VALUE...: to DEPLOYMENT, unless a domain serves something else than FROM has by now; ends when Vercel has moved all domains
  local api='' team='' project='' domains='' known='' from='' deployment='' auto_assign='' rows lines before
  read_options "$@"
  vercel_move rollback "/v1/projects/$project/rollback/$deployment"
}

vercel_promote() { # vercel_promote --NAME VALUE...: the same by a promotion, which turns auto-assign on; then as it was
  local api='' team='' project='' domains='' known='' from='' deployment='' auto_assign='' rows lines before wanted=true
  read_options "$@"
  vercel_move promote "/v10/projects/$project/promote/$deployment" || return
  rows=$(vercel_state) || return
  [ "$(vercel_auto_assign)" != "$auto_assign" ] || return 0
  [ "$auto_assign" = on ] || wanted=false
  echo "auto-assign is turned $auto_assign, as it was"
  vercel_change PATCH "/v9/projects/$project" "{\"autoAssignCustomDomains\": $wanted}" || return 1
}

vercel_move() { # vercel_move WORD PATH
  local word=$1 path=$2 name id result=0
  rows=$(vercel_state) || return
  lines=$(vercel_lines) || return
  while read -r name id; do
    case " $name=$deployment $from " in *" $name=$id "*) ;; *) vercel_refuse "$name serves $id: somebody deployed since this run began" || return ;; esac
  done <<<"$lines"
  before=$(json_value lastAliasRequest.requestedAt <<<"$rows")
  case $(json_value lastAliasRequest.jobStatus <<<"$rows") in
    pending | in-progress)
      id=$(json_value lastAliasRequest.toDeploymentId <<<"$rows")
      [ "$id" = "$deployment" ] || vercel_refuse "Vercel is moving it to $id" || return
      before='' # asked for by an earlier start of this run, which was killed
      ;;
    *)
      ! vercel_arrived || return 0
      vercel_change POST "$path" '{}' || result=$?
      [ "$result" != 2 ] || { vercel_behind && return 1; } # all the same it holds if somebody was faster: the proof tells
      ;;
  esac
  vercel_wait
}

vercel_refuse() { echo "the project was left alone: $1; make a new plan" >&2 && return 1; } # vercel_refuse WHY

vercel_read_again() { rows=$(vercel_state) && lines=$(vercel_lines); }

vercel_arrived() { [ -z "$(vercel_rest)" ]; } # whether everything serves $deployment

vercel_rest() { awk -v id="$deployment" '$2 != id { print $1 " serves " $2 }' <<<"$lines"; } # of $lines

# Without an answer the request may have been taken all the same: what the project tells decides.
vercel_wait() { # until Vercel has ended the request for $deployment that is newer than $before
  local looks=0 status until=$((SECONDS + 240))
  while :; do
    vercel_read_again || return
    ! vercel_arrived || return 0
    status=absent
    if [ "$(json_value lastAliasRequest.toDeploymentId <<<"$rows")" = "$deployment" ] &&
      [ "$(json_value lastAliasRequest.requestedAt <<<"$rows")" != "$before" ]; then
      status=$(json_value lastAliasRequest.jobStatus <<<"$rows")
    fi
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

vercel_behind() { # name the domains that do not serve $deployment, and what Vercel says about them
  local failed
  vercel_rest >&2
  failed=$(vercel_get "/v9/projects/$project/$word/aliases?failedOnly=true&limit=100" 2>/dev/null) || return 0
  awk -F '\t' '$1 ~ /^aliases[.][0-9]+[.](alias|status|alias[.]alias)$/ { print "failed: " $2 }' <<<"$failed" >&2
  awk -v id="$deployment" '$2 != id && $1 != "production" { print "by hand: vercel alias set " id " " $1 }' <<<"$lines" >&2
}
