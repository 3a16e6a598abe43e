"""Release folders (Capistrano, Deployer or the bare layout), here or over ssh: the link `current` decides what serves.

What is live is where the link points; what was good is told by the log and the folders. Modification times are never trusted.
"""

from rollback.platforms.release_folders.checks import checks
from rollback.platforms.release_folders.detect import MARKERS, detect
from rollback.platforms.release_folders.preflight import preflight
from rollback.platforms.release_folders.releases import bare, releases
from rollback.platforms.release_folders.snapshot import snapshot
from rollback.platforms.release_folders.steps import guards, moves, steps
from rollback.platforms.release_folders.targets import targets

TITLE = "release folders"
TOOL = "sh"

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
