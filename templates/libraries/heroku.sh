# Reads a Heroku app: the same bytes in every run folder whose scripts name it.
# shellcheck shell=bash disable=SC2154  # its callers set the variables, runner.sh those in capitals

heroku_login() { # sets HEROKU_API_KEY, a local variable of its caller, if it is empty
  [ -z "$HEROKU_API_KEY" ] || return 0
  HEROKU_API_KEY=$(hosted_netrc "$api") || { echo "$HOME/.netrc is not in the format of netrc" >&2 && return 1; }
  [ -n "$HEROKU_API_KEY" ] || { echo "no token: HEROKU_API_KEY is not set, and $HOME/.netrc has no entry for $api" >&2 && return 1; }
}

heroku_get() { # heroku_get PATH [RANGE]: of $api
  local HEROKU_API_KEY=${HEROKU_API_KEY-}
  heroku_login && hosted_get HEROKU_API_KEY "$api$1" -H 'Accept: application/vnd.heroku+json; version=3' -H "Range: ${2-id ..}"
}

heroku_app() { # heroku_app --api URL --app NAME: its id
  local api='' app=''
  read_options "$@"
  heroku_get "/apps/$app" | json_value id
}

# A side is a code and the versions that have it with one config: "<slug> v41 v38". A rollback to any of them is one of them.
heroku_live() { # heroku_live --api URL --app NAME --from SIDE --to SIDE: the live release, under the first name of its side
  local api='' app='' from='' to='' rows number version code origin
  read_options "$@"
  rows=$(heroku_releases) || return
  heroku_live_in_rows
}

heroku_releases() { # the newest, so many that the current one is among them: any number may have failed above it. 1,000 is what a plan reads
  local listed
  listed=$(heroku_get "/apps/$app/releases" 'version ..; max=50, order=desc') || return
  case $listed in
    *.current$'\t'true*) ;;
    *) listed=$(heroku_get "/apps/$app/releases" 'version ..; max=1000, order=desc') || return ;;
  esac
  printf '%s\n' "$listed"
}

heroku_live_in_rows() { # of $rows
  local at
  at=$(awk -F '\t' '$1 ~ /^[0-9]+\.current$/ && $2 == "true" { sub(/\..*/, "", $1); print $1; exit }' <<<"$rows")
  [ -n "$at" ] || { echo "none of the newest releases of $app is current" >&2 && return 1; }
  heroku_release "$at"
  echo "$(heroku_name "$from" || heroku_name "$to" || echo "$version") $code"
}

heroku_release() { # heroku_release INDEX: $number, $version, $code and $origin of a release of $rows; the origin of a rollback is what it brought back
  local id
  id=$(json_value "$1.id" <<<"$rows")
  number=$(json_value "$1.version" <<<"$rows")
  number=${number:-0} version=v${number:-0}
  code=$(json_value "$1.slug.id" <<<"$rows")
  [ -n "$code" ] || code=$(heroku_images "$1")
  origin=$(json_value "$1.description" <<<"$rows")
  [[ $origin =~ ^Rollback\ to\ (v[0-9]+)$ ]] && origin=${BASH_REMATCH[1]} || origin=$version
  # those that this run made are known by what Heroku answered
  id=$(awk -v id="${id:-none}" '$1 == id { print $2; exit }' heroku.releases 2>/dev/null) || id=''
  origin=${id:-$origin}
}

heroku_images() { # heroku_images INDEX: the images of a release of $rows, one for each process type that has its own
  awk -F '\t' -v at="$1" '$1 ~ "^" at "[.]artifacts[.][0-9]+[.]id$" { print $2 }' <<<"$rows" | LC_ALL=C sort | paste -sd + -
}

heroku_name() { # heroku_name SIDE: the first name of the side, if $version or $origin is of it
  local names=${1#* }
  [ "$code" = "${1%% *}" ] || return
  case " $names " in
    *" $version "* | *" $origin "*) echo "${names%% *}" ;;
    *) return 1 ;;
  esac
}

# Heroku has no rollback on condition: a release made between the last look and the request goes back with it.
heroku_took_back() { # of $rows, once the rollback that was asked for last is live: report the releases that served between it and those of this run
  local at number version code origin asked
  asked=$(cat "asked.$app" 2>/dev/null) || return 0 # reported before
  at=$(awk -F '\t' '$1 ~ /^[0-9]+\.current$/ && $2 == "true" { sub(/\..*/, "", $1); print $1; exit }' <<<"$rows")
  heroku_release "$at"
  [ "$number" -gt "$asked" ] || return 0
  heroku_between
  rm -f -- "asked.$app"
}

heroku_between() { # of $rows, below $at
  while at=$((at + 1)) && heroku_release "$at" && [ "$number" != 0 ]; do
    if heroku_name "$from" >/dev/null || heroku_name "$to" >/dev/null; then return 0; fi
    [ "$(json_value "$at.status" <<<"$rows")" != succeeded ] ||
      also_taken_back "$version of $app went back, too: somebody released it ($(json_value "$at.description" <<<"$rows")) between the last look and the rollback; to bring it back: heroku rollback $version --app $app"
  done
}

heroku_line() { # heroku_line SIDE: as heroku_live prints it
  local names=${1#* }
  echo "${names%% *} ${1%% *}"
}
