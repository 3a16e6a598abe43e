"""goose: SQL files with its annotations, or Go files that register with it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from rollback.detection.files import FileIndex
from rollback.migrations._files import NO_COMMAND, section, sql, Reversal
from rollback.migrations._native import NO_NATIVE
from rollback.migrations._table import Table
from rollback.model import Evidence

TITLE = "goose"
MARKERS = ("*.sql", "[0-9]*_*.go")
REVERSAL: Reversal = "per-file"
REFUSES_NEWER = NO_COMMAND
# its first row is version 0; old versions of it kept a row with is_applied false
NATIVE = NO_NATIVE
TABLE: Table | None = Table(
    "goose_db_version",
    id="version_id",
    where="is_applied AND version_id <> 0",
    order="id",
    numbers=True,
)


def detect(files: FileIndex) -> list[Evidence]:
    annotated = files.confirmed(r"(?i)^--\s*\+goose\s+up", "*.sql")
    registered = (
        files.confirmed(r"\.Add(?:Named)?Migration\w*\(", "[0-9]*_*.go")
        if files.matching("go.mod")
        else []
    )
    return [
        Evidence(90, place, ("files annotated for goose",))
        for place in sorted({*annotated, *registered})
    ]


def identify(path: str) -> str | None:
    match = re.search(r"(?:^|/)(\d+)_[^/]*\.(?:sql|go)$", path)
    return match[1] if match else None


def up(text: str) -> str | None:
    """Return the Up section; None for a migration in Go."""
    if not re.search(r"(?im)^--\s*\+goose\s+up", text):
        return None
    return section(text, r"--\s*\+goose\s+up", r"--\s*\+goose\s+down")


read = sql(identify, up)


def down(path: str, texts: Mapping[str, str]) -> str | None:
    return section(texts[path], r"--\s*\+goose\s+down", r"--\s*\+goose\s+up")
