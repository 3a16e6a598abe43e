"""Laravel: classes that extend its Migration."""

from __future__ import annotations

from rollback.detection.files import FileIndex
from rollback.model import Evidence

TITLE = "Laravel"
MARKERS = ("**/[Mm]igrations/**/*.php", "**/[Mm]igration/**/*.php")


def detect(files: FileIndex) -> list[Evidence]:
    folders = files.confirmed(
        r"Illuminate\\Database\\Migrations\\Migration",
        *MARKERS,
        named=r"(?:^|/)database/migrations/\d{4}(?:_\d\d){2}_\d{6}_",
    )
    return [Evidence(90, place, ("Laravel migration classes",)) for place in folders]
