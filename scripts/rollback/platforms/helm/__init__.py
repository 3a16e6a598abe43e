"""Helm releases, through helm itself; what it has stored is read with kubectl."""

from rollback.contracts import no_look_up, no_older_config, nothing_standing
from rollback.platforms.helm.checks import checks as checks, prepare as prepare
from rollback.platforms.helm.config import config as config
from rollback.platforms.helm.database_client import database_client as database_client
from rollback.platforms.helm.detect import MARKERS as MARKERS, detect as detect
from rollback.platforms.helm.inside import inside as inside
from rollback.platforms.helm.logs import logs as logs
from rollback.platforms.helm.moves import moves as moves
from rollback.platforms.helm.preflight import preflight as preflight
from rollback.platforms.helm.releases import bare as bare, releases as releases
from rollback.platforms.helm.settings import OPTIONS as OPTIONS, SETTINGS as SETTINGS
from rollback.platforms.helm.snapshot import snapshot as snapshot
from rollback.platforms.helm.steps import guards as guards, locks as locks, steps as steps
from rollback.platforms.helm.targets import targets as targets
from rollback.platforms.helm.watch import watch as watch

TITLE = "Helm"
TOOL = "helm"
older_config = no_older_config
standing = nothing_standing
look_up = no_look_up
