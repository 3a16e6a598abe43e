"""node-pg-migrate: modules that take a pgm, or SQL files with its comments."""

from __future__ import annotations

from rollback.detection.files import FileIndex
from rollback.model import Evidence

TITLE = "node-pg-migrate"
MARKERS = (
    "**/*migrat*/**/*.js",
    "**/*migrat*/**/*.ts",
    "**/*migrat*/**/*.cjs",
    "**/*migrat*/**/*.mjs",
    "**/*migrat*/**/*.sql",
)

_MODULE = r"\(\s*pgm\b|MigrationBuilder|--\s*Up Migration"


def detect(files: FileIndex) -> list[Evidence]:
    if not files.holding(r'"node-pg-migrate"\s*:', "package.json"):
        return []
    return [
        Evidence(90, place, ("modules that take a pgm",))
        for place in files.confirmed(_MODULE, *MARKERS)
    ]
