# What the steps of Docker Compose call.
# shellcheck shell=bash disable=SC2154  # runner.sh and the script set the variables in capitals

container_ids() { # container_ids PROJECT
  "$DOCKER" ps --all --quiet --no-trunc --filter "label=com.docker.compose.project=$1" \
    --filter label=com.docker.compose.oneoff=False
}

# By labels: a killed Compose leaves containers with odd names behind.
containers_of() { # containers_of PROJECT: service, image id and whether it runs, a line per container
  local ids
  ids=$(container_ids "$1")
  # shellcheck disable=SC2086  # one word for each id
  [ -z "$ids" ] || "$DOCKER" inspect \
    --format '{{index .Config.Labels "com.docker.compose.service"}} {{.Image}} {{.State.Running}}' $ids
}

# A line per service: its image, or nothing without a container. An image that is not WANTED comes before one that is.
line_each() { # line_each [SERVICE WANTED]...
  local rows
  rows=$(sort -u)
  while [ $# -gt 0 ]; do
    printf '%s\n' "$rows" | awk -v service="$1" -v wanted="$2" '
      $1 == service && $2 == wanted { found = wanted }
      $1 == service && $2 != wanted { other = other " " $2 }
      END { print other ? substr(other, 2) : found }'
    shift 2
  done
}

images() { # images PROJECT [SERVICE WANTED]...
  local project=$1
  shift
  containers_of "$project" | cut -d ' ' -f 1,2 | line_each "$@"
}

# The same, with -stopped after the image of a container that does not run.
running() { # running PROJECT [SERVICE WANTED]...
  local project=$1
  shift
  containers_of "$project" | sed -e 's/ true$//' -e 's/ false$/-stopped/' | line_each "$@"
}

absent() { # absent PROJECT SERVICE...: yes, when no container of these services is left
  local project=$1 rows service
  shift
  rows=$(set -e; containers_of "$project")
  for service in "$@"; do
    printf '%s\n' "$rows" | awk -v service="$service" '$1 == service { present = 1 } END { exit present }' ||
      { echo no && return; }
  done
  echo yes
}

# Prints yes when each service started after its owner and uses no container that was removed.
attached() { # attached PROJECT [SERVICE OWNER]...
  local project=$1 ids rows format
  format='{{index .Config.Labels "com.docker.compose.service"}} {{.State.StartedAt}} {{.State.Running}} {{.Id}}'
  format="$format"' {{.HostConfig.NetworkMode}} {{.HostConfig.PidMode}} {{.HostConfig.IpcMode}}'
  format="$format"' {{range .HostConfig.VolumesFrom}}container:{{.}} {{end}}'
  shift
  ids=$(container_ids "$project") || return
  # shellcheck disable=SC2086  # one word for each id
  rows=$([ -z "$ids" ] || "$DOCKER" inspect --format "$format" $ids) || return
  while [ "$#" -gt 0 ]; do
    printf '%s\n' "$rows" | awk -v service="$1" -v owner="$2" '
      { ids[$4] = 1 }
      $1 == owner && $2 > since { since = $2 }
      $1 == service { present = 1; if ($3 != "true") broken = 1; if (!(at) || $2 < at) at = $2; refs = refs " " $0 }
      END {
        count = split(refs, words, " ")
        for (i = 1; i <= count; i++)
          if (words[i] ~ /^container:/) { split(words[i], part, ":"); if (!(part[2] in ids)) broken = 1 }
        exit !(present && !broken && at >= since)
      }' || { echo no && return; }
    shift 2
  done
  echo yes
}

# A killed Compose leaves the container it had made as a replacement, which would be in the way: it is removed first.
compose_up() { # compose_up PROJECT FOLDER COMMAND...
  local project=$1 made replaced
  shift
  "$DOCKER" ps --all --filter "label=com.docker.compose.project=$project" \
    --filter label=com.docker.compose.replace --filter status=created \
    --format '{{.ID}} {{.Label "com.docker.compose.replace"}}' | while read -r made replaced; do
    if "$DOCKER" container inspect "$replaced" >/dev/null 2>&1; then "$DOCKER" rm "$made"; fi
  done
  compose "$@"
}

compose() { # compose FOLDER COMMAND...: Compose, with the folder in state/ that holds the release's env files
  local folder=$RUN/$1
  shift
  ROLLBACK_STATE=$folder "$@"
}

file_content() { # file_content FILE: the hash of what is in it, or none
  [ -e "$1" ] || { echo none && return; }
  local sum
  sum=$(sha256 <"$1") || return
  printf 'sha256:%s\n' "${sum:0:16}"
}

# In one move, so that nobody reads half a file; its mode and owner stay.
put_file() { # put_file FILE CONTENT PAYLOAD: what is in PAYLOAD, unless FILE has another content than CONTENT
  local new=$1.rollback-new
  rm -f -- "$new"
  mkdir -p -- "$(dirname -- "$1")"
  (umask 077 && : >"$new")
  [ ! -e "$1" ] || cp -p -- "$1" "$new"
  cat -- "$3" >"$new"
  same_content "$1" "$2" "$new"
  mv -f -- "$new" "$1"
}

take_file() { # take_file FILE CONTENT: remove it, unless it has another content
  same_content "$1" "$2"
  rm -f -- "$1" "$1.rollback-new" # and what a killed start left
}

same_content() { # same_content FILE CONTENT [NEW]: fails, and removes NEW, where FILE has another content
  local content
  content=$(file_content "$1")
  [ "$content" != "$2" ] || return 0
  [ $# -lt 3 ] || rm -f -- "$3"
  changed_nothing
  printf '%s has another content than when the plan was made\n' "$1" >&2
  return 1
}
