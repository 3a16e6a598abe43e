"""Docker Compose, v1 and v2: a project's services by image id. Compose keeps no history: ledger, git and local tags do."""

from __future__ import annotations

from rollback.contracts import no_bare_command
from rollback.platforms.docker_compose.detect import MARKERS as MARKERS
from rollback.platforms.docker_compose.detect import detect as detect
from rollback.platforms.docker_compose.health import checks as checks
from rollback.platforms.docker_compose.moves import moves as moves
from rollback.platforms.docker_compose.payload import snapshot as snapshot
from rollback.platforms.docker_compose.plan_steps import guards as guards
from rollback.platforms.docker_compose.plan_steps import steps as steps
from rollback.platforms.docker_compose.preflight import preflight as preflight
from rollback.platforms.docker_compose.project import targets as targets
from rollback.platforms.docker_compose.releases import releases as releases

TITLE = "Docker Compose"
TOOL = "docker"

bare = no_bare_command
