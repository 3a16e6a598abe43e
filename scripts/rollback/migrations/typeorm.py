"""TypeORM: classes that implement MigrationInterface."""

from __future__ import annotations

from rollback.detection.files import FileIndex
from rollback.model import Evidence

TITLE = "TypeORM"
MARKERS = ("**/*migrat*/**/*.ts", "**/*migrat*/**/*.js", "[0-9]*-*.ts")

_CLASS = (
    r"implements\s+(?:\w+,\s*)?(?:MigrationInterface|ReversibleMigration|IrreversibleMigration)|"
    r"import\('typeorm'\)\.MigrationInterface|async up\(queryRunner"
)


def detect(files: FileIndex) -> list[Evidence]:
    return [
        Evidence(90, place, ("classes that implement MigrationInterface",))
        for place in files.confirmed(_CLASS, *MARKERS)
    ]
