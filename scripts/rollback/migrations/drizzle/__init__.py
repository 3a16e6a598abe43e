"""Drizzle Kit: the folder whose journal lists its migrations."""

from __future__ import annotations

import re
from collections.abc import Mapping

from rollback.detection.files import FileIndex, folder, join
from rollback.migrations._computed import Computed
from rollback.migrations._files import NO_COMMAND, Reversal, Script
from rollback.migrations._native import Native
from rollback.migrations._table import Table
from rollback.migrations.drizzle import computed
from rollback.model import Evidence

TITLE = "Drizzle Kit"
MARKERS = ("**/meta/_journal.json", "drizzle.config.*", "drizzle*.config.*")
REVERSAL: Reversal = "computed"
REFUSES_NEWER = NO_COMMAND
TABLE: Table | None = Table(
    "__drizzle_migrations",
    id="created_at",
    order="created_at",
    schemas={"postgresql": "drizzle"},
    named=True,
)
NATIVE: Native | Computed | None = computed.COMPUTED


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


def read(files: Mapping[str, str]) -> list[Script]:
    from rollback.migrations.drizzle import journal

    return journal.read(files)


def down(path: str, texts: Mapping[str, str]) -> str | None:
    """Return the file beside the migration that a person wrote: Drizzle never runs it."""
    text = texts.get(computed.by_hand(path))
    return None if text is None else computed.script(text)
