"""Kubernetes Deployments, StatefulSets and DaemonSets, through kubectl."""

from rollback.contracts import no_look_up, nothing_standing
from rollback.platforms.kubernetes.checks import checks as checks, prepare as prepare
from rollback.platforms.kubernetes.config import config as config
from rollback.platforms.kubernetes.config_maps import older_config as older_config
from rollback.platforms.kubernetes.database_client import database_client as database_client
from rollback.platforms.kubernetes.detect import MARKERS as MARKERS, detect as detect
from rollback.platforms.kubernetes.inside import inside as inside
from rollback.platforms.kubernetes.logs import logs as logs
from rollback.platforms.kubernetes.moves import moves as moves
from rollback.platforms.kubernetes.preflight import preflight as preflight
from rollback.platforms.kubernetes.releases import bare as bare, releases as releases
from rollback.platforms.kubernetes.settings import OPTIONS as OPTIONS, SETTINGS as SETTINGS
from rollback.platforms.kubernetes.snapshot import snapshot as snapshot
from rollback.platforms.kubernetes.steps import guards as guards, locks as locks, steps as steps
from rollback.platforms.kubernetes.targets import targets as targets
from rollback.platforms.kubernetes.watch import watch as watch

TITLE = "Kubernetes"
TOOL = "kubectl"
standing = nothing_standing
look_up = no_look_up
