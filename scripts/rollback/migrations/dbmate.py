"""dbmate: SQL files with its annotations."""

from __future__ import annotations

import re
from collections.abc import Mapping

from rollback.detection.files import FileIndex
from rollback.migrations._files import NO_COMMAND, section, sql, Reversal
from rollback.migrations._native import NO_NATIVE
from rollback.migrations._table import Table
from rollback.model import Evidence

TITLE = "dbmate"
MARKERS = ("[0-9]*_*.sql",)
REVERSAL: Reversal = "per-file"
REFUSES_NEWER = NO_COMMAND
NATIVE = NO_NATIVE
TABLE: Table | None = Table("schema_migrations")


def detect(files: FileIndex) -> list[Evidence]:
    return [
        Evidence(90, place, ("files annotated for dbmate",))
        for place in files.confirmed(r"(?i)^--\s*migrate:up", *MARKERS)
    ]


def identify(path: str) -> str | None:
    match = re.search(r"(?:^|/)(\d+)_[^/]*\.sql$", path)
    return match[1] if match else None


def up(text: str) -> str | None:
    return section(text, r"--\s*migrate:up", r"--\s*migrate:down")


read = sql(identify, up)


def down(path: str, texts: Mapping[str, str]) -> str | None:
    return section(texts[path], r"--\s*migrate:down", r"--\s*migrate:up")
