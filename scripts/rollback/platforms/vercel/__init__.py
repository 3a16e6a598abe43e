"""Vercel: production deployments of a project, through the REST API.

What the production domains serve is live, not the newest deployment. Rollback and promotion are
asynchronous: their end is waited for, and every production domain is read back.
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
from rollback.platforms.vercel.checks import checks as checks
from rollback.platforms.vercel.detect import MARKERS as MARKERS, detect as detect
from rollback.platforms.vercel.guards import guards as guards
from rollback.platforms.vercel.look_up import look_up as look_up
from rollback.platforms.vercel.moves import moves as moves
from rollback.platforms.vercel.preflight import preflight as preflight
from rollback.platforms.vercel.releases import bare as bare, releases as releases
from rollback.platforms.vercel.settings import SETTINGS as SETTINGS
from rollback.platforms.vercel.snapshot import snapshot as snapshot
from rollback.platforms.vercel.standing import standing as standing
from rollback.platforms.vercel.steps import steps as steps
from rollback.platforms.vercel.targets import targets as targets
from rollback.platforms.vercel.variables import config as config
from rollback.platforms.vercel.watch import watch as watch

TITLE = "Vercel"
TOOL = "curl"
OPTIONS = NO_OPTIONS
database_client = no_database_client
inside = nowhere
locks = no_locks
logs = no_logs
older_config = no_older_config
prepare = nothing_to_prepare
