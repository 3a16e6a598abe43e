# Reads a Vercel project: the same bytes in every run folder whose scripts name it.
# shellcheck shell=bash disable=SC2034,SC2154  # its callers set the variables, runner.sh those in capitals; VERCEL_TOKEN is read by its name

vercel_token() { # the token of VERCEL_TOKEN, else that of the client's login file
  local variable=VERCEL_TOKEN token file
  token=${!variable-}
  case $api in # the client's token is for nobody else
    https://api.vercel.com | http://127.0.0.1 | http://127.0.0.1:* | http://localhost | http://localhost:* | http://\[::1]*)
      for file in "${XDG_DATA_HOME:-$HOME/.local/share}/com.vercel.cli/auth.json" \
        "$HOME/Library/Application Support/com.vercel.cli/auth.json" "$HOME/.now/auth.json"; do
        if [ -z "$token" ] && [ -r "$file" ]; then token=$(vercel_token_of "$file") || return; fi
      done
      ;;
  esac
  [ -n "$token" ] || { echo 'no token: VERCEL_TOKEN is not set, and the vercel client is not logged in here' >&2 && return 1; }
  printf '%s' "$token"
}

vercel_token_of() { # vercel_token_of FILE
  local expires
  expires=$(json_rows <"$1" | json_value expiresAt) || { echo "$1 is no login of the vercel client" >&2 && return 1; }
  expires=${expires%%.*}
  [ -z "$expires" ] || [ "$expires" = null ] || [ "$expires" -ge "$(date +%s)" ] ||
    { echo "the login in $1 has expired; run \`vercel whoami\`, which renews it" >&2 && return 1; }
  json_rows <"$1" | json_value token | sed '/^null$/d'
}

# The token stays in variables and pipes; a login file is read again for each request, since the client may renew it meanwhile.
vercel_get() { # vercel_get PATH: the rows of its JSON
  local token
  token=$(vercel_token) || return
  local VERCEL_TOKEN=$token
  hosted_get VERCEL_TOKEN "$(vercel_url "$1")"
}

vercel_change() { # vercel_change METHOD PATH BODY: once; rows and status as hosted_change has them
  local token
  token=$(vercel_token) || return
  local VERCEL_TOKEN=$token
  hosted_change "$1" VERCEL_TOKEN "$(vercel_url "$2")" -H 'Content-Type: application/json' --data "$3"
}

vercel_url() { # vercel_url PATH: of the API, for the team
  case $team-$1 in
    -*) echo "$api$1" ;;
    *\?*) echo "$api$1&$team" ;;
    *) echo "$api$1?$team" ;;
  esac
}

# Only what is compared: a project holds values of environment variables, too.
vercel_state() {
  vercel_get "/v9/projects/$project?rollbackInfo=true" |
    awk -F '\t' '$1 ~ /^(id|accountId|autoAssignCustomDomains|targets[.]production[.]id|lastAliasRequest[.][A-Za-z]+)$/'
}

vercel_project() { # vercel_project --api URL --team QUERY --project ID: whose project it is, and its id
  local api='' team='' project='' rows
  read_options "$@"
  rows=$(vercel_state) || return
  echo "$(json_value accountId <<<"$rows") $(json_value id <<<"$rows")"
}

# In a restore that was begun, a domain that goes back to a deployment of its own reads as not yet moved while it serves what the others do.
vercel_live() { # vercel_live --api URL --team QUERY --project ID --domains NAMES --known IDS --goal ID --apart PAIRS: a line for the project and each of its domains
  local api='' team='' project='' domains='' known='' goal='' apart='' rows
  read_options "$@"
  rows=$(vercel_state) || return
  [ "$VERB-$BEGUN" = restore-yes ] || apart=''
  vercel_lines |
    awk -v goal="$goal" -v apart=" $apart" 'NR == 1 { moved = $2 } $2 == moved && index(apart, " " $1 "=") { $2 = goal "\t# " $0 } { print }'
}

# Two lists tell nearly all; only a domain that neither deployment has is asked for.
vercel_lines() { # of $rows: "production ID", then "DOMAIN ID" for each
  local id name served='' listed
  echo "production $(json_value targets.production.id <<<"$rows" | grep . || echo nothing)"
  [ -n "$domains" ] || return 0
  for id in $known; do
    listed=$(vercel_get "/v2/deployments/$id/aliases" |
      awk -F '\t' -v id="$id" '$1 ~ /^aliases[.][0-9]+[.]alias$/ { print $2, id }') || return
    served="$served$listed"$'\n'
  done
  for name in $domains; do # words that the plan has checked: no blanks, and * only as *.example.com
    id=$(awk -v name="$name" '$1 == name { print $2; exit }' <<<"$served")
    [ -n "$id" ] || id=$(vercel_get "/v4/aliases/$name" | json_value deploymentId) || return
    echo "$name ${id:-nothing}"
  done
}

vercel_serving() { # vercel_serving --NAME VALUE...: the deployment that everything serves; more where something differs, auto-assign too
  local api='' team='' project='' domains='' known='' auto_assign='' rows lines
  read_options "$@"
  rows=$(vercel_state) || return
  lines=$(vercel_lines) || return
  vercel_summary
}

vercel_summary() { # of $rows and $lines: what the project serves, then each domain that serves something else
  local all auto
  all=$(awk 'NR == 1 { all = main = $2 } $2 != main { all = all ", " $1 " " $2 } END { print all }' <<<"$lines")
  auto=$(vercel_auto_assign)
  [ -z "$auto_assign" ] || [ "$auto_assign" = "$auto" ] || all="$all, auto-assign $auto"
  echo "$all"
}

vercel_request() { # of $rows: the status of the last request to move the domains; stuck: Vercel has not ended it in ten minutes
  local status at
  status=$(json_value lastAliasRequest.jobStatus <<<"$rows")
  at=$(json_value lastAliasRequest.requestedAt <<<"$rows")
  at=${at%???}
  case $status in
    pending | in-progress) [[ -z $at || $at == *[!0-9]* ]] || [ $(($(date +%s) - at)) -le 600 ] || status=stuck ;;
  esac
  echo "$status"
}

vercel_moved() { # of $rows, once the request that was made last has ended: report what it took back
  local goal before
  { read -r goal before <"asked.$project"; } 2>/dev/null || return 0 # reported before
  [ "$(json_value lastAliasRequest.toDeploymentId <<<"$rows")" = "$goal" ] || return 0
  [ "$(json_value targets.production.id <<<"$rows")" = "$goal" ] || return 0
  case $(vercel_request) in pending | in-progress) return 0 ;; esac
  [ "$(json_value lastAliasRequest.requestedAt <<<"$rows")" != "${before#-}" ] || return 0
  rm -f -- "asked.$project"
  vercel_took_back "the project" "$(json_value lastAliasRequest.fromDeploymentId <<<"$rows")"
}

# Vercel has no rollback on condition: what was deployed between the last look and the request goes back with it.
vercel_took_back() { # vercel_took_back WHERE ID: report what WHERE served when it was moved, unless that is what a plan or this run gave it
  case " $known $deployment ${from//=/ } null " in *" ${2:-null} "*) return 0 ;; esac
  local back="vercel promote $2 --yes"
  [ "$1" = 'the project' ] || back="vercel api /v2/deployments/$2/aliases -X POST -F alias=$1" # a promotion moves every domain
  also_taken_back "$2 of $1 went back, too: somebody deployed it between the last look and the request; to bring it back: $back${team:+ --scope ${team#*=}}"
}

vercel_auto_assign() { # of $rows: on or off; a project that says nothing has it on
  case $(json_value autoAssignCustomDomains <<<"$rows") in false) echo off ;; *) echo on ;; esac
}

vercel_behind() { # name the domains that are not as wanted, what Vercel says about them, and what moves each
  local failed scope=${team:+ --scope ${team#*=}}
  vercel_rest | awk '{ print $1 " serves " $3 }' >&2
  failed=$(vercel_get "/v9/projects/$project/$word/aliases?failedOnly=true&limit=100" 2>/dev/null) || failed=''
  awk -F '\t' '$1 ~ /^aliases[.][0-9]+[.](alias|status|alias[.]alias)$/ { print "failed: " $2 }' <<<"$failed" >&2
  vercel_rest | awk -v scope="$scope" '$1 != "production" { print "by hand: vercel api /v2/deployments/" $2 "/aliases -X POST -F alias=" $1 scope }' >&2
}
