# What the steps of Docker Compose call.
# shellcheck shell=bash disable=SC2154  # runner.sh and the script set the variables in capitals

containers_of() { # containers_of PROJECT: service, image id, does it run. By labels: a killed Compose leaves odd names behind
  local ids
  ids=$("$DOCKER" ps --all --quiet --no-trunc --filter "label=com.docker.compose.project=$1" --filter label=com.docker.compose.oneoff=False)
  # shellcheck disable=SC2086  # one word for each id
  [ -z "$ids" ] || "$DOCKER" inspect --format '{{index .Config.Labels "com.docker.compose.service"}} {{.Image}} {{.State.Running}}' $ids
}

line_each() { # line_each [SERVICE WANTED]...: its image, nothing without a container; while any container has another one, that one
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

running() { # running PROJECT [SERVICE WANTED]...: the same, but a container that does not run is no success
  local project=$1
  shift
  containers_of "$project" | sed -e 's/ true$//' -e 's/ false$/-stopped/' | line_each "$@"
}

absent() { # absent PROJECT SERVICE...: yes, when no container of these services is left
  local project=$1 rows service
  shift
  rows=$(set -e; containers_of "$project")
  for service in "$@"; do
    printf '%s\n' "$rows" | awk -v service="$service" '$1 == service { found = 1 } END { exit found }' || { echo no && return; }
  done
  echo yes
}

attached() { # attached PROJECT [SERVICE OWNER]...: yes, when each service started after its owner and uses no container that is gone
  local project=$1 ids rows
  shift
  ids=$("$DOCKER" ps --all --quiet --no-trunc --filter "label=com.docker.compose.project=$project" --filter label=com.docker.compose.oneoff=False) || return
  # shellcheck disable=SC2086  # one word for each id
  rows=$([ -z "$ids" ] || "$DOCKER" inspect --format '{{index .Config.Labels "com.docker.compose.service"}} {{.State.StartedAt}} {{.State.Running}} {{.Id}} {{.HostConfig.NetworkMode}} {{.HostConfig.PidMode}} {{.HostConfig.IpcMode}} {{range .HostConfig.VolumesFrom}}container:{{.}} {{end}}' $ids) || return
  while [ "$#" -gt 0 ]; do
    printf '%s\n' "$rows" | awk -v service="$1" -v owner="$2" '
      { here[$4] = 1 }
      $1 == owner && $2 > since { since = $2 }
      $1 == service { seen = 1; if ($3 != "true") broken = 1; if (!(at) || $2 < at) at = $2; refs = refs " " $0 }
      END {
        count = split(refs, words, " ")
        for (i = 1; i <= count; i++) if (words[i] ~ /^container:/) { split(words[i], part, ":"); if (!(part[2] in here)) broken = 1 }
        exit !(seen && !broken && at >= since)
      }' || { echo no && return; }
    shift 2
  done
  echo yes
}

compose_up() { # compose_up PROJECT FOLDER COMMAND...: a container that a killed Compose made beside the one to replace would be in its way
  local project=$1 made replaced
  shift
  "$DOCKER" ps --all --filter "label=com.docker.compose.project=$project" --filter label=com.docker.compose.replace --filter status=created \
    --format '{{.ID}} {{.Label "com.docker.compose.replace"}}' | while read -r made replaced; do
    if "$DOCKER" container inspect "$replaced" >/dev/null 2>&1; then "$DOCKER" rm "$made"; fi
  done
  compose "$@"
}

compose() { # compose FOLDER COMMAND...: Compose, with the folder in state/ that holds the env files of the release
  local folder=$RUN/$1
  shift
  ROLLBACK_STATE=$folder "$@"
}
