"""Laravel: classes that extend its Migration."""

from __future__ import annotations

from collections.abc import Mapping

from rollback.detection.files import FileIndex
from rollback.migrations._files import NO_COMMAND, Reversal, Script
from rollback.migrations._native import Native
from rollback.migrations._table import Table, no_down
from rollback.migrations.laravel import native
from rollback.model import Evidence

TITLE = "Laravel"
MARKERS = ("**/[Mm]igrations/**/*.php", "**/[Mm]igration/**/*.php")
REVERSAL: Reversal = "native"
REFUSES_NEWER = NO_COMMAND
TABLE: Table | None = Table("migrations", id="migration", order="id", mixed=True)
NATIVE: Native | None = native
down = no_down


def read(files: Mapping[str, str]) -> list[Script]:
    from rollback.migrations.laravel import classes

    return classes.read(files)


def detect(files: FileIndex) -> list[Evidence]:
    folders = files.confirmed(
        r"Illuminate\\Database\\Migrations\\Migration",
        *MARKERS,
        named=r"(?:^|/)database/migrations/\d{4}(?:_\d\d){2}_\d{6}_",
    )
    return [Evidence(90, place, ("Laravel migration classes",)) for place in folders]
