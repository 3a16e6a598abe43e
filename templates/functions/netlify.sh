# What the steps of Netlify call.
# shellcheck shell=bash disable=SC2034,SC2154  # runner.sh and the script set the variables in capitals

netlify_publish() { # netlify_publish --NAME VALUE...: TO, unless something else was published since; with --lock yes locked to it, too
  local api='' site='' from='' to='' lock='' live locked before sent=''
  read_options "$@"
  before=$(netlify_publications) || before=unknown
  netlify_look || return
  netlify_took_back # by an earlier start, or by the rollback before a restore, which was killed
  if [ "$live" != "$to" ]; then
    [ "$live" = "$from" ] || netlify_refuse "$live is published: somebody published it since this run began" || return
    printf '%s\n' "$to" "$before" >"asked.$site"
    netlify_send "/sites/$site/deploys/$to/restore" || { rm -f -- "asked.$site" && return 1; }
    netlify_wait "$to" '' || return
    netlify_took_back
  fi
  [ -z "$lock" ] || netlify_set_lock "$to" lock
}

netlify_switch() { # netlify_switch --NAME VALUE...: lock or unlock the published deploy, if it is DEPLOY
  local api='' site='' deploy='' verb='' live locked sent=''
  read_options "$@"
  netlify_set_lock "$deploy" "$verb"
}

netlify_set_lock() { # netlify_set_lock DEPLOY lock|unlock
  local wanted=yes
  [ "$2" = lock ] || wanted=no
  netlify_look || return
  [ "$live" = "$1" ] || netlify_refuse "$live is published instead of $1: somebody published it since" || return
  [ "$locked" = "$wanted" ] && return
  netlify_send "/deploys/$1/$2" || return
  netlify_wait "$1" "$wanted"
}

netlify_refuse() { # netlify_refuse WHY
  [ -n "$sent" ] || changed_nothing
  echo "the site was left alone: $1; make a new plan" >&2 && return 1
}

# Without an answer the change may have been made all the same: what Netlify then says decides.
netlify_send() { # netlify_send PATH: once; status 1 if Netlify refused
  local NETLIFY_AUTH_TOKEN=${NETLIFY_AUTH_TOKEN-} result=0
  netlify_login || return
  hosted_post NETLIFY_AUTH_TOKEN "$api/api/v1$1" -H 'Accept: application/json' --data '' >/dev/null || result=$?
  [ "$result" != 2 ] || { { [ -n "$sent" ] || changed_nothing; } && return 1; }
  sent=yes
}

netlify_wait() { # netlify_wait DEPLOY yes|no|'': until it is published, and locked or not
  local looks=0
  while netlify_look; do
    [ "$live" != "$1" ] || [ "${2:-$locked}" != "$locked" ] || return 0
    looks=$((looks + 1))
    [ "$looks" -lt 4 ] || { echo "Netlify has not done it: the site is $(netlify_state)" >&2 && return 1; }
    sleep 1
  done
  return 1
}
