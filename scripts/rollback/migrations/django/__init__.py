"""Django: each application's folder named migrations."""

from __future__ import annotations

from collections.abc import Mapping

from rollback.detection.files import FileIndex
from rollback.migrations._files import NO_COMMAND, Reversal, Script
from rollback.migrations._native import Native
from rollback.migrations._table import Table, no_down
from rollback.migrations.django import native
from rollback.model import Evidence

TITLE = "Django"
MARKERS = ("**/*migrations*/[0-9]*_*.py",)
REVERSAL: Reversal = "native"
REFUSES_NEWER = NO_COMMAND
TABLE: Table | None = Table("django_migrations", id="name", order="id", label="app", mixed=True)
NATIVE: Native | None = native
down = no_down


def read(files: Mapping[str, str]) -> list[Script]:
    from rollback.migrations.django import classes

    return classes.read(files)


def detect(files: FileIndex) -> list[Evidence]:
    folders = files.confirmed(
        r"class Migration\(.*Migration\)", *MARKERS, named=r"(?:^|/)migrations/0001_initial\.py$"
    )
    return [Evidence(90, place, ("Django migration classes",)) for place in folders]
