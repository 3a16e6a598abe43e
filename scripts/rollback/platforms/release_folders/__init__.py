"""Release folders."""

from rollback.platforms.release_folders.detect import MARKERS, detect

TITLE = "release folders"

__all__ = ["MARKERS", "TITLE", "detect"]
