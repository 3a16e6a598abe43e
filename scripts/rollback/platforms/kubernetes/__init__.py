"""Kubernetes Deployments, StatefulSets and DaemonSets, through kubectl."""

from rollback.platforms.kubernetes.change import moves
from rollback.platforms.kubernetes.checks import checks, prepare
from rollback.platforms.kubernetes.checkpoint import snapshot
from rollback.platforms.kubernetes.detect import MARKERS, detect
from rollback.platforms.kubernetes.from_history import guards
from rollback.platforms.kubernetes.history import bare, releases
from rollback.platforms.kubernetes.preflight import preflight
from rollback.platforms.kubernetes.steps import steps
from rollback.platforms.kubernetes.workloads import targets
from rollback.platforms.kubernetes.settings import OPTIONS, SETTINGS

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
    "moves",
    "preflight",
    "prepare",
    "releases",
    "snapshot",
    "steps",
    "targets",
)
