"""Docker Compose, v1 and v2: a project's services by image id.

Compose keeps no history: the ledger, git and local tags stand in for it.
"""

from rollback.contracts import (
    NO_OPTIONS,
    no_bare_command,
    no_locks,
    no_look_up,
    nothing_standing,
    nothing_to_prepare,
)
from rollback.platforms.docker_compose.checks import checks as checks
from rollback.platforms.docker_compose.config import config as config
from rollback.platforms.docker_compose.database_client import database_client as database_client
from rollback.platforms.docker_compose.detect import MARKERS as MARKERS, detect as detect
from rollback.platforms.docker_compose.guards import guards as guards
from rollback.platforms.docker_compose.inside import inside as inside
from rollback.platforms.docker_compose.logs import logs as logs
from rollback.platforms.docker_compose.moves import moves as moves
from rollback.platforms.docker_compose.project_files import older_config as older_config
from rollback.platforms.docker_compose.preflight import preflight as preflight
from rollback.platforms.docker_compose.releases import releases as releases
from rollback.platforms.docker_compose.settings import SETTINGS as SETTINGS
from rollback.platforms.docker_compose.snapshot import snapshot as snapshot
from rollback.platforms.docker_compose.steps import steps as steps
from rollback.platforms.docker_compose.targets import targets as targets
from rollback.platforms.docker_compose.watch import watch as watch

TITLE = "Docker Compose"
TOOL = "docker"
OPTIONS = NO_OPTIONS

bare = no_bare_command
locks = no_locks
standing = nothing_standing
prepare = nothing_to_prepare
look_up = no_look_up
