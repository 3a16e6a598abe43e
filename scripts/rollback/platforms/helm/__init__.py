"""Helm."""

from rollback.platforms.helm.detect import MARKERS, detect

TITLE = "Helm"

__all__ = ["MARKERS", "TITLE", "detect"]
