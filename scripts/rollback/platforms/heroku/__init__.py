"""Heroku: releases of an app through the platform API, config vars included.

The release marked `current` is live: one that failed never served. A rollback is a new release.
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
from rollback.platforms.heroku.checks import checks as checks
from rollback.platforms.heroku.detect import MARKERS as MARKERS, detect as detect
from rollback.platforms.heroku.guards import guards as guards
from rollback.platforms.heroku.look_up import look_up as look_up
from rollback.platforms.heroku.logs import logs as logs
from rollback.platforms.heroku.moves import moves as moves
from rollback.platforms.heroku.preflight import preflight as preflight
from rollback.platforms.heroku.releases import bare as bare, releases as releases
from rollback.platforms.heroku.settings import SETTINGS as SETTINGS
from rollback.platforms.heroku.snapshot import snapshot as snapshot
from rollback.platforms.heroku.steps import steps as steps
from rollback.platforms.heroku.targets import targets as targets
from rollback.platforms.heroku.config import config as config
from rollback.platforms.heroku.watch import watch as watch

TITLE = "Heroku"
TOOL = "curl"
OPTIONS = NO_OPTIONS
database_client = no_database_client
inside = nowhere
locks = no_locks
older_config = no_older_config
standing = nothing_standing
prepare = nothing_to_prepare
