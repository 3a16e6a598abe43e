# What the steps of Heroku call.
# shellcheck shell=bash disable=SC2034,SC2154  # runner.sh and the script set the variables in capitals

heroku_roll_back() { # heroku_roll_back --NAME VALUE...: to RELEASE, unless somebody released since; ends when its release phase has ended
  local api='' app='' release='' from='' to='' dead='' rows live newest number version code origin
  read_options "$@"
  rows=$(heroku_releases) || return
  live=$(heroku_live_in_rows) || return
  newest=$(json_value 0.version <<<"$rows")
  heroku_took_back # by an earlier start, or by the rollback before a restore, which was killed
  [ "$live" != "$(heroku_line "$to")" ] || return 0
  [ "$live" = "$(heroku_line "$from")" ] || heroku_refuse "${live%% *} is live: somebody released it since this run began" || return
  if [ "$(json_value 0.status <<<"$rows")" = pending ] && [[ " $dead " != *" v$newest "* ]]; then
    heroku_release 0 # by an earlier start of this run, which was killed
    heroku_name "$to" >/dev/null || heroku_refuse "$version is being released" || return
    newest=$((newest - 1))
  else
    heroku_send || return
  fi
  heroku_wait && heroku_took_back
}

heroku_refuse() { changed_nothing && echo "$app was left alone: $1; make a new plan" >&2 && return 1; } # heroku_refuse WHY

# Without an answer the release may have been made all the same: what Heroku lists decides.
heroku_send() { # once, for $release; status 1 if Heroku refused
  local made result=0 HEROKU_API_KEY=${HEROKU_API_KEY-}
  heroku_login || return
  echo "$newest" >"asked.$app"
  made=$(hosted_post HEROKU_API_KEY "$api/apps/$app/releases" -H 'Accept: application/vnd.heroku+json; version=3' \
    -H 'Content-Type: application/json' --data "{\"release\": \"$release\"}") || result=$?
  [ "$result" != 2 ] || { rm -f -- "asked.$app" && changed_nothing && return 1; }
  made=$(json_value id <<<"$made")
  [ -z "$made" ] || echo "$made ${to#* }" >>heroku.releases
}

heroku_wait() { # until the release of $to that is newer than $newest has ended
  local at looks=0 status
  while :; do
    rows=$(heroku_releases) || return
    at=0
    while heroku_release "$at" && [ "$number" -gt "$newest" ] && ! heroku_name "$to" >/dev/null; do at=$((at + 1)); done
    status=absent
    [ "$number" -le "$newest" ] || status=$(json_value "$at.status" <<<"$rows")
    case $status-$(json_value "$at.current" <<<"$rows") in
      succeeded-true) return 0 ;;
      pending-*) echo "$version: its release phase is running" && sleep 2 ;;
      failed-* | expired-*) echo "$version $status, so the release before it keeps serving: heroku releases:output $version --app $app" >&2 && return 1 ;;
      *)
        looks=$((looks + 1))
        [ "$looks" -lt 4 ] || { echo "Heroku has not made the rollback the live release of $app ($status)" >&2 && return 1; }
        sleep 1
        ;;
    esac
  done
}
