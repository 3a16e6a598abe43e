"""Helm releases, through helm itself; what it has stored is read with kubectl."""

from rollback.platforms.helm.checks import checks, prepare
from rollback.platforms.helm.detect import MARKERS, detect
from rollback.platforms.helm.moves import moves
from rollback.platforms.helm.preflight import preflight
from rollback.platforms.helm.releases import bare, releases
from rollback.platforms.helm.settings import OPTIONS, SETTINGS
from rollback.platforms.helm.snapshot import snapshot
from rollback.platforms.helm.steps import guards, locks, steps
from rollback.platforms.helm.targets import targets

TITLE = "Helm"
TOOL = "helm"

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
