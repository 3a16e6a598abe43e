"""Release folders (Capistrano, Deployer or the plain layout), local or over ssh.

The link `current` decides what is live.

The log and the folders show which releases served. Modification times are never trusted.
"""

from rollback.contracts import NO_OPTIONS, no_locks, nothing_to_prepare
from rollback.platforms.release_folders.checks import checks
from rollback.platforms.release_folders.detect import MARKERS, detect
from rollback.platforms.release_folders.guards import guards
from rollback.platforms.release_folders.moves import moves
from rollback.platforms.release_folders.preflight import preflight
from rollback.platforms.release_folders.releases import bare, releases
from rollback.platforms.release_folders.settings import SETTINGS
from rollback.platforms.release_folders.snapshot import snapshot
from rollback.platforms.release_folders.steps import steps
from rollback.platforms.release_folders.targets import targets

TITLE = "release folders"
TOOL = "sh"
OPTIONS = NO_OPTIONS
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
