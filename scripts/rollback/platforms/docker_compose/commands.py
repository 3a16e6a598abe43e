"""Command lines: Compose with a project's own options, and the one question that tells which images its services run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rollback.model import Command
from rollback.platforms.docker_compose import engine

_COMPOSE = ("COMPOSE_PROFILES", "COMPOSE_ENV_FILES", "COMPOSE_HTTP_TIMEOUT", "COMPOSE_PARALLEL_LIMIT", "COMPOSE_API_VERSION")

# One line per service, an image id: one that is not the wanted one where there is such, so that a switch half done still counts as
# not done; empty without a container. Asked with --running, a container that does not run says so. Labels, not names: a killed
# Compose leaves containers under temporary names.
_IMAGES = """
ids=$(docker ps --all --quiet --no-trunc --filter "label=com.docker.compose.project=$1" --filter label=com.docker.compose.oneoff=False) || exit
[ -z "$ids" ] || rows=$(docker inspect --format '{{index .Config.Labels "com.docker.compose.service"}} {{.Image}} {{.State.Running}}' $ids) || exit
state=$2 && shift 2
while [ $# -gt 0 ]; do
  printf '%s\\n' "$rows" | sort -u | awk -v service="$1" -v wanted="$2" -v state="$state" '
    $1 != service { next }
    $2 != wanted { other = other " " $2; next }
    state == "--running" && $3 != "true" { other = other " " $2 " not running"; next }
    { found = $2 }
    END { print other ? substr(other, 2) : found }'
  shift 2
done
"""


def compose(details: Mapping[str, Any], files: Sequence[str], *words: str, variables: Sequence[str] = (), timeout: float = 60) -> Command:
    """Compose on this project, wherever the files lie: names and relative paths stay those of the project's own folder."""
    options = ["--project-name", details["project"], "--project-directory", details["directory"]]
    for option, values in (("--profile", details["profiles"]), ("--env-file", details["env_files"]), ("--file", files)):
        options += [word for value in values for word in (option, value)]
    return Command((*details["tool"], *options, *words), timeout, engine.given((*engine.ROUTE, *_COMPOSE, *variables)))


def images(project: str, wanted: Mapping[str, str], running: bool = False) -> Command:
    """Prints one line for each service: the image it runs, see above."""
    pairs = [word for pair in wanted.items() for word in pair]
    state = "--running" if running else "--all"
    return Command(("sh", "-c", _IMAGES, "images", project, state, *pairs), 60, engine.given(engine.ROUTE))
