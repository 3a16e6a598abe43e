"""Helm releases, through helm itself; what it has stored is read with kubectl."""

from rollback.platforms.helm.change import guards, moves
from rollback.platforms.helm.checkpoint import snapshot
from rollback.platforms.helm.checks import checks, prepare
from rollback.platforms.helm.detect import MARKERS, detect
from rollback.platforms.helm.history import bare, releases
from rollback.platforms.helm.preflight import preflight
from rollback.platforms.helm.steps import steps
from rollback.platforms.helm.targets import targets

TITLE = "Helm"
TOOL = "helm"
OPTIONS = (
    "no-cluster-lock",
    "no-inline-values",
    "suspend-owner",
)  # what values are stays with Helm: a run finds revisions by hash

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
