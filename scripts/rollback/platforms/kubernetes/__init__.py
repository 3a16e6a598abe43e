"""Kubernetes Deployments, StatefulSets and DaemonSets, through kubectl."""

from rollback.platforms.kubernetes.checks import checks, prepare
from rollback.platforms.kubernetes.detect import MARKERS, detect
from rollback.platforms.kubernetes.moves import moves
from rollback.platforms.kubernetes.preflight import preflight
from rollback.platforms.kubernetes.releases import bare, releases
from rollback.platforms.kubernetes.settings import OPTIONS, SETTINGS
from rollback.platforms.kubernetes.snapshot import snapshot
from rollback.platforms.kubernetes.steps import guards, locks, steps
from rollback.platforms.kubernetes.targets import targets

TITLE = "Kubernetes"
TOOL = "kubectl"

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
