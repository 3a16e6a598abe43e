"""Atlas: the folder with atlas.sum."""

from __future__ import annotations

from rollback.detection.files import FileIndex, folder
from rollback.model import Evidence

TITLE = "Atlas"
MARKERS = ("atlas.sum",)


def detect(files: FileIndex) -> list[Evidence]:
    return [Evidence(90, folder(path), ("atlas.sum",)) for path in files.matching("atlas.sum")]
