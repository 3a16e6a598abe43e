"""TypeORM: classes that implement MigrationInterface."""

from __future__ import annotations

from collections.abc import Mapping

from rollback.detection.files import FileIndex
from rollback.migrations._files import NO_COMMAND, Reversal, Script
from rollback.migrations._native import Native
from rollback.migrations._table import Table, no_down
from rollback.migrations.typeorm import native
from rollback.model import Evidence

TITLE = "TypeORM"
MARKERS = ("**/*migrat*/**/*.ts", "**/*migrat*/**/*.js", "[0-9]*-*.ts")
REVERSAL: Reversal = "native"
REFUSES_NEWER = NO_COMMAND
TABLE: Table | None = Table("migrations", id="name", order="id")
NATIVE: Native | None = native
down = no_down

_CLASS = (
    r"implements\s+(?:\w+,\s*)?(?:MigrationInterface|ReversibleMigration|IrreversibleMigration)|"
    r"import\('typeorm'\)\.MigrationInterface|async up\(queryRunner"
)


def read(files: Mapping[str, str]) -> list[Script]:
    from rollback.migrations.typeorm import classes

    return classes.read(files)


def detect(files: FileIndex) -> list[Evidence]:
    return [
        Evidence(90, place, ("classes that implement MigrationInterface",))
        for place in files.confirmed(_CLASS, *MARKERS)
    ]
