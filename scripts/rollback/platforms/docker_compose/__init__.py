"""Docker Compose, v1 and v2: a project's services by image id.

Compose keeps no history: the ledger, git and local tags stand in for it.
"""

from rollback.contracts import NO_OPTIONS, no_bare_command, no_locks, nothing_to_prepare
from rollback.platforms.docker_compose.checks import checks
from rollback.platforms.docker_compose.detect import MARKERS, detect
from rollback.platforms.docker_compose.guards import guards
from rollback.platforms.docker_compose.moves import moves
from rollback.platforms.docker_compose.preflight import preflight
from rollback.platforms.docker_compose.releases import releases
from rollback.platforms.docker_compose.settings import SETTINGS
from rollback.platforms.docker_compose.snapshot import snapshot
from rollback.platforms.docker_compose.steps import steps
from rollback.platforms.docker_compose.targets import targets

TITLE = "Docker Compose"
TOOL = "docker"
OPTIONS = NO_OPTIONS

bare = no_bare_command
locks = no_locks
prepare = nothing_to_prepare

__all__ = (
    "MARKERS",
    "OPTIONS",
    "SETTINGS",
    "TITLE",
    "TOOL",
    "bare",
    "checks",
    "detect",
    "guards",
    "locks",
    "moves",
    "preflight",
    "prepare",
    "releases",
    "snapshot",
    "steps",
    "targets",
)
