"""Django: each application's folder named migrations."""

from __future__ import annotations

from rollback.detection.files import FileIndex
from rollback.model import Evidence

TITLE = "Django"
MARKERS = ("**/*migrations*/[0-9]*_*.py",)


def detect(files: FileIndex) -> list[Evidence]:
    folders = files.confirmed(
        r"class Migration\(.*Migration\)", *MARKERS, named=r"(?:^|/)migrations/0001_initial\.py$"
    )
    return [Evidence(90, place, ("Django migration classes",)) for place in folders]
