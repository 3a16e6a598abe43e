"""Netlify: the deploys of a site, through its API.

The published deploy is live. A rollback publishes an older one, then locks the site to it: without
the lock the next build is published over it.
"""

from rollback.contracts import (
    NO_OPTIONS,
    no_database_client,
    no_locks,
    no_logs,
    no_older_config,
    nothing_to_prepare,
    nowhere,
)
from rollback.platforms.netlify.checks import checks as checks
from rollback.platforms.netlify.detect import MARKERS as MARKERS, detect as detect
from rollback.platforms.netlify.guards import guards as guards
from rollback.platforms.netlify.look_up import look_up as look_up
from rollback.platforms.netlify.moves import moves as moves
from rollback.platforms.netlify.preflight import preflight as preflight
from rollback.platforms.netlify.releases import bare as bare, releases as releases
from rollback.platforms.netlify.settings import SETTINGS as SETTINGS
from rollback.platforms.netlify.snapshot import snapshot as snapshot
from rollback.platforms.netlify.standing import standing as standing
from rollback.platforms.netlify.steps import steps as steps
from rollback.platforms.netlify.targets import targets as targets
from rollback.platforms.netlify.config import config as config
from rollback.platforms.netlify.watch import watch as watch

TITLE = "Netlify"
TOOL = "curl"
OPTIONS = NO_OPTIONS
database_client = no_database_client
inside = nowhere
locks = no_locks
logs = no_logs
older_config = no_older_config
prepare = nothing_to_prepare
