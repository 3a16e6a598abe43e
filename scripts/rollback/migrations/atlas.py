"""Atlas: the folder with atlas.sum."""

from __future__ import annotations

from rollback.detection.files import FileIndex, folder
from rollback.migrations._files import NO_COMMAND, by_name, sql, Reversal
from rollback.migrations._native import NO_NATIVE
from rollback.migrations._table import NO_TABLE, no_down
from rollback.model import Evidence

TITLE = "Atlas"
MARKERS = ("atlas.sum",)
REVERSAL: Reversal = "computed"
REFUSES_NEWER = NO_COMMAND
TABLE, down, NATIVE = NO_TABLE, no_down, NO_NATIVE
read = sql(by_name)


def detect(files: FileIndex) -> list[Evidence]:
    return [Evidence(90, folder(path), ("atlas.sum",)) for path in files.matching("atlas.sum")]
