"""Amazon ECS: services of a cluster by task definition, as their own deployments tell it.

The primary deployment's task definition is live. Services that are named together move together.
"""

from rollback.contracts import (
    NO_OPTIONS,
    no_database_client,
    no_locks,
    no_older_config,
    nothing_standing,
    nothing_to_prepare,
    nowhere,
)
from rollback.platforms.ecs.checks import checks as checks
from rollback.platforms.ecs.config import config as config
from rollback.platforms.ecs.detect import MARKERS as MARKERS, detect as detect
from rollback.platforms.ecs.guards import guards as guards
from rollback.platforms.ecs.look_up import look_up as look_up
from rollback.platforms.ecs.logs import logs as logs
from rollback.platforms.ecs.moves import moves as moves
from rollback.platforms.ecs.preflight import preflight as preflight
from rollback.platforms.ecs.releases import bare as bare, releases as releases
from rollback.platforms.ecs.settings import SETTINGS as SETTINGS
from rollback.platforms.ecs.snapshot import snapshot as snapshot
from rollback.platforms.ecs.steps import steps as steps
from rollback.platforms.ecs.targets import targets as targets
from rollback.platforms.ecs.watch import watch as watch

TITLE = "Amazon ECS"
TOOL = "aws"
OPTIONS = NO_OPTIONS
database_client = no_database_client
inside = nowhere
locks = no_locks
older_config = no_older_config
standing = nothing_standing
prepare = nothing_to_prepare
