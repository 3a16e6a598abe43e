"""TypeORM: classes that implement MigrationInterface."""

from __future__ import annotations

from rollback.files import FileIndex
from rollback.model import Evidence

TITLE = "TypeORM"
MARKERS = ("**/*migrat*/**/*.ts", "**/*migrat*/**/*.js", "[0-9]*-*.ts")


def detect(files: FileIndex) -> list[Evidence]:
    if not files.holding(r'"(?:@\w+/)?typeorm"\s*:', "package.json"):
        return []
    found = files.confirmed(r"implements\s+(?:\w+,\s*)?(?:MigrationInterface|ReversibleMigration|IrreversibleMigration)|@typedef \{import\('typeorm'\)\.MigrationInterface", *MARKERS)
    return [Evidence(90, place, ("classes that implement MigrationInterface",)) for place in found]
