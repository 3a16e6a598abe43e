"""node-pg-migrate: modules that take a pgm, or SQL files with its comments."""

from __future__ import annotations

from collections.abc import Mapping

from rollback.detection.files import FileIndex
from rollback.migrations._files import Reversal, Script
from rollback.migrations._native import Native
from rollback.migrations._table import Table, no_down
from rollback.migrations.node_pg_migrate import native
from rollback.model import Evidence

TITLE = "node-pg-migrate"
MARKERS = (
    "**/*migrat*/**/*.js",
    "**/*migrat*/**/*.ts",
    "**/*migrat*/**/*.cjs",
    "**/*migrat*/**/*.mjs",
    "**/*migrat*/**/*.sql",
)
REVERSAL: Reversal = "native"
REFUSES_NEWER = r"\bnode-pg-migrate\b[^\n;&|]{0,200}\sup\b"
TABLE: Table | None = Table("pgmigrations", id="name", order="id")
NATIVE: Native | None = native
down = no_down

_MODULE = r"\(\s*pgm\b|MigrationBuilder|--\s*Up Migration"


def read(files: Mapping[str, str]) -> list[Script]:
    from rollback.migrations.node_pg_migrate import modules

    return modules.read(files)


def detect(files: FileIndex) -> list[Evidence]:
    if not files.holding(r'"node-pg-migrate"\s*:', "package.json"):
        return []
    return [
        Evidence(90, place, ("modules that take a pgm",))
        for place in files.confirmed(_MODULE, *MARKERS)
    ]
