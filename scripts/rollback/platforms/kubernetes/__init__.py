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

TITLE = "Kubernetes"
TOOL = "kubectl"
OPTIONS = ("no-cluster-lock", "no-inline-values", "suspend-owner")

__all__ = (
    "MARKERS",
    "OPTIONS",
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
