"""Release folders (Capistrano, Deployer or the plain layout), local or over ssh.

The link `current` decides what is live.

The log and the folders show which releases served. Modification times are never trusted.
"""

from rollback.contracts import (
    NO_OPTIONS,
    no_config,
    no_database_client,
    no_look_up,
    no_locks,
    no_logs,
    no_older_config,
    nothing_standing,
    nothing_to_prepare,
)
from rollback.platforms.release_folders.checks import checks as checks
from rollback.platforms.release_folders.detect import MARKERS as MARKERS, detect as detect
from rollback.platforms.release_folders.guards import guards as guards
from rollback.platforms.release_folders.inside import inside as inside
from rollback.platforms.release_folders.moves import moves as moves
from rollback.platforms.release_folders.preflight import preflight as preflight
from rollback.platforms.release_folders.releases import bare as bare, releases as releases
from rollback.platforms.release_folders.settings import SETTINGS as SETTINGS
from rollback.platforms.release_folders.snapshot import snapshot as snapshot
from rollback.platforms.release_folders.steps import steps as steps
from rollback.platforms.release_folders.targets import targets as targets
from rollback.platforms.release_folders.watch import watch as watch

TITLE = "release folders"
TOOL = "sh"
OPTIONS = NO_OPTIONS
database_client = no_database_client
config = no_config
locks = no_locks
logs = no_logs
older_config = no_older_config
standing = nothing_standing
prepare = nothing_to_prepare
look_up = no_look_up
