"""Rails: ActiveRecord migrations, also of engines, plugins and further databases."""

from __future__ import annotations

from collections.abc import Mapping

from rollback.detection.files import FileIndex
from rollback.migrations._files import NO_COMMAND, Reversal, Script
from rollback.migrations._native import Native
from rollback.migrations._table import Table, no_down
from rollback.migrations.rails import native
from rollback.model import Evidence

TITLE = "Rails (ActiveRecord)"
MARKERS = ("**/*migrate*/[0-9]*_*.rb", "**/*migration*/[0-9]*_*.rb")
REVERSAL: Reversal = "native"
REFUSES_NEWER = NO_COMMAND
TABLE: Table | None = Table("schema_migrations", numbers=True)
NATIVE: Native | None = native
down = no_down

_CLASS = r"ActiveRecord::Migration|<\s*\S*Migration\[|Gitlab::Database::Migration"


def read(files: Mapping[str, str]) -> list[Script]:
    from rollback.migrations.rails import classes

    return classes.read(files)


def detect(files: FileIndex) -> list[Evidence]:
    folders = files.confirmed(_CLASS, *MARKERS, named=r"(?:^|/)db/\w*migrate/\d{14}_")
    return [
        Evidence(90, place, ("ActiveRecord migrations",))
        for place in folders
        if "/generators/" not in f"{place}/"
    ]
