"""goose: SQL files with its annotations, or Go files that register with it."""

from __future__ import annotations

from rollback.detection.files import FileIndex
from rollback.model import Evidence

TITLE = "goose"
MARKERS = ("*.sql", "[0-9]*_*.go")


def detect(files: FileIndex) -> list[Evidence]:
    annotated = files.confirmed(r"(?i)^--\s*\+goose\s+up", "*.sql")
    registered = (
        files.confirmed(r"\.Add(?:Named)?Migration\w*\(", "[0-9]*_*.go")
        if files.matching("go.mod")
        else []
    )
    return [
        Evidence(90, place, ("files annotated for goose",))
        for place in sorted({*annotated, *registered})
    ]
