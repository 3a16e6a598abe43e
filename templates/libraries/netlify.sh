# Reads a Netlify site: the same bytes in every run folder whose scripts name it.
# shellcheck shell=bash disable=SC2154  # its callers set the variables, runner.sh those in capitals

netlify_get() { # netlify_get PATH: of $api, with the token of the variable, else that of the client's own file
  local NETLIFY_AUTH_TOKEN=${NETLIFY_AUTH_TOKEN-}
  netlify_login && hosted_get NETLIFY_AUTH_TOKEN "$api/api/v1$1" -H 'Accept: application/json'
}

netlify_login() { # sets NETLIFY_AUTH_TOKEN, a local variable of its caller, if it is empty
  local file user
  [ -z "$NETLIFY_AUTH_TOKEN" ] || return 0
  case $api in # the client's token is for nobody else
    https://api.netlify.com | http://127.0.0.1 | http://127.0.0.1:* | http://localhost | http://localhost:* | http://\[::1]*)
      for file in "${XDG_CONFIG_HOME:-$HOME/.config}/netlify/config.json" "$HOME/Library/Preferences/netlify/config.json" "$HOME/.netlify/config.json"; do
        [ -f "$file" ] || continue
        user=$(json_rows <"$file" | json_value userId)
        NETLIFY_AUTH_TOKEN=$(json_rows <"$file" | json_value "users.$user.auth.token" | sed '/^null$/d')
        [ -z "$NETLIFY_AUTH_TOKEN" ] || return 0
      done
      ;;
  esac
  echo "no token: NETLIFY_AUTH_TOKEN is not set, and the netlify client is not logged in here" >&2
  return 1
}

netlify_identity() { # netlify_identity --api URL --site ID
  local api='' site='' rows
  read_options "$@"
  rows=$(netlify_get "/sites/$site") || return
  echo "$(netlify_value id) of account $(netlify_value account_id)"
}

netlify_published() { # netlify_published --api URL --site ID: the id of the published deploy
  local api='' site='' live locked
  read_options "$@"
  netlify_look && echo "$live"
}

netlify_publishing() { # netlify_publishing --api URL --site ID: whether a build is published by itself
  local api='' site='' live locked
  read_options "$@"
  netlify_look && netlify_state
}

# The deploy of this rollback without its lock reads as before; so does, in a restore that was begun, the other one with the wrong lock.
netlify_automatic() { # netlify_automatic --api URL --site ID --from ID --to ID --before LINE --after LINE: the same, between two steps too
  local api='' site='' from='' to='' before='' after='' live locked state
  read_options "$@"
  netlify_look || return
  state=$(netlify_state)
  case $live-$locked in "$to-no") state=$before ;; esac
  [ "$live" != "$from" ] || [ "$state" = "$before" ] || [ "$VERB-$BEGUN" != restore-yes ] || state=$after
  [ "$state" = "$(netlify_state)" ] || state=$state$'\t# '$(netlify_state)
  echo "$state"
}

netlify_look() { # of $site: $live, the id of its published deploy, and whether it is $locked (yes, no)
  local rows
  rows=$(netlify_get "/sites/$site") || return
  live=$(netlify_value published_deploy.id)
  locked=no
  [ "$(netlify_value published_deploy.locked)" != true ] || locked=yes
  [ -n "$live" ] || { echo "no deploy of this site is published" >&2 && return 1; }
}

netlify_publications() { # of $site: the newest deploys of production that were published, each with the time
  netlify_get "/sites/$site/deploys?per_page=30" | awk -F '\t' '
    match($1, /^[0-9]+[.](id|context|published_at)$/) { split($1, part, "."); value[part[1], part[2]] = $2; last = part[1] }
    END { for (at = 0; at <= last; at++) if (value[at, "context"] == "production" && value[at, "published_at"] ~ /^[0-9]/) print value[at, "id"], value[at, "published_at"] }'
}

# Netlify has no publication on condition: what was published between the last look and the request goes back with it.
netlify_took_back() { # once the deploy that was asked for last is published: report what was published between
  local listed row id asked goal before
  asked=$(cat "asked.$site" 2>/dev/null) || return 0 # reported before
  goal=${asked%%$'\n'*} before=${asked#*$'\n'}
  [ "$live" = "$goal" ] || return 0
  rm -f -- "asked.$site"
  [ "$before" != unknown ] || { echo 'whether another deploy went back, too, is not known' >&2 && return 0; }
  listed=$(netlify_publications) || { echo 'the deploys cannot be listed: whether one of them went back, too, is not known' >&2 && return 0; }
  while read -r row; do
    id=${row%% *}
    case $'\n'$before$'\n' in *$'\n'"$row"$'\n'*) continue ;; esac
    case $id in '' | "$from" | "$to") continue ;; esac
    ! netlify_look || [ "$live" = "$goal" ] || return 0 # it was published over the rollback
    also_taken_back "$id of the site went back, too: somebody published it between the last look and the request; to bring it back: netlify api restoreSiteDeploy --data '{\"site_id\": \"$site\", \"deploy_id\": \"$id\"}'"
  done <<<"$listed"
}

netlify_state() { if [ "$locked" = yes ]; then echo "off, locked to $live"; else echo "on, at $live"; fi; }

netlify_value() { printf '%s\n' "$rows" | json_value "$1"; } # netlify_value PATH: of $rows
