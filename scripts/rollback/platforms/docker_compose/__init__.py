"""Docker Compose, v1 and v2: a project's services by image id. Compose keeps no history: our ledger, git and local tags stand in for it."""

from rollback.contracts import no_bare_command
from rollback.platforms.docker_compose.detect import MARKERS, detect
from rollback.platforms.docker_compose.checks import checks
from rollback.platforms.docker_compose.moves import moves
from rollback.platforms.docker_compose.snapshot import snapshot
from rollback.platforms.docker_compose.steps import guards, steps
from rollback.platforms.docker_compose.preflight import preflight
from rollback.platforms.docker_compose.targets import targets
from rollback.platforms.docker_compose.releases import releases

TITLE = "Docker Compose"
TOOL = "docker"

bare = no_bare_command

__all__ = (
    "MARKERS",
    "TITLE",
    "TOOL",
    "bare",
    "checks",
    "detect",
    "guards",
    "moves",
    "preflight",
    "releases",
    "snapshot",
    "steps",
    "targets",
)
