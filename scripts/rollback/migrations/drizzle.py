"""Drizzle Kit: the folder whose journal lists its migrations."""

from __future__ import annotations

import re

from rollback.detection.files import FileIndex, folder, join
from rollback.migrations._files import NO_COMMAND, by_name, sql, Reversal
from rollback.migrations._native import NO_NATIVE
from rollback.migrations._table import NO_TABLE, no_down
from rollback.model import Evidence

TITLE = "Drizzle Kit"
MARKERS = ("**/meta/_journal.json", "drizzle.config.*", "drizzle*.config.*")
REVERSAL: Reversal = "manual"
REFUSES_NEWER = NO_COMMAND
TABLE, down, NATIVE = NO_TABLE, no_down, NO_NATIVE


def detect(files: FileIndex) -> list[Evidence]:
    journals = {folder(folder(path)) for path in files.matching("**/meta/_journal.json")}
    named = {
        place for path in files.matching("drizzle*.config.*") for place in _outputs(files, path)
    }
    return [
        Evidence(90, place, ("migrations listed in meta/_journal.json",))
        for place in sorted(journals)
    ] + [
        Evidence(85, place, ("output folder of drizzle's configuration",))
        for place in sorted(named - journals)
    ]


def _outputs(files: FileIndex, config: str) -> list[str]:
    """Return output folders with SQL: newer versions keep no journal."""
    text = files.text(config)
    named = [
        join(folder(config), name)
        for name in re.findall(r"\bout\s*:\s*[\"'`]([^\"'`$]+)[\"'`]", text) or ["drizzle"]
    ]
    return [
        place for place in named if files.matching(f"{place}/*.sql", f"{place}/*/migration.sql")
    ]


def identify(path: str) -> str | None:
    """Return the file name; of newer versions the folder's, whose file is migration.sql."""
    if not path.endswith(".sql"):
        return None
    return folder(path).rpartition("/")[2] if path.endswith("/migration.sql") else by_name(path)


def up(text: str) -> str:
    """Return the file without its marks between statements: not every dialect has --> comments."""
    return text.replace("--> statement-breakpoint", "\n")


read = sql(identify, up)
