"""dbmate: SQL files with its annotations."""

from __future__ import annotations

from rollback.detection.files import FileIndex
from rollback.model import Evidence

TITLE = "dbmate"
MARKERS = ("[0-9]*_*.sql",)


def detect(files: FileIndex) -> list[Evidence]:
    return [
        Evidence(90, place, ("files annotated for dbmate",))
        for place in files.confirmed(r"(?i)^--\s*migrate:up", *MARKERS)
    ]
