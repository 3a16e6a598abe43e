"""Prisma Migrate: the folder with migration_lock.toml, or numbered folders with migration.sql."""

from __future__ import annotations

import re
from collections.abc import Mapping

from rollback.detection.files import FileIndex, folder
from rollback.migrations._computed import Computed
from rollback.migrations._files import NO_COMMAND, sql, Reversal
from rollback.migrations._native import Native
from rollback.migrations._table import Table
from rollback.migrations.prisma import computed
from rollback.model import Evidence

TITLE = "Prisma Migrate"
MARKERS = ("migration_lock.toml", "migration.sql", "*.prisma")
REVERSAL: Reversal = "computed"
REFUSES_NEWER = NO_COMMAND
TABLE: Table | None = Table(
    "_prisma_migrations",
    id="migration_name",
    where="finished_at IS NOT NULL AND rolled_back_at IS NULL",
    dirty="finished_at IS NULL AND rolled_back_at IS NULL",
    order="started_at",
)
NATIVE: Native | Computed | None = computed.COMPUTED

_NUMBERED = re.compile(r"\d{14}(?:_|$)|\d+_init")


def detect(files: FileIndex) -> list[Evidence]:
    locked = {folder(path) for path in files.matching("migration_lock.toml")}
    numbered = {
        folder(folder(path))
        for path in files.matching("**/prisma/**/migrations/[0-9]*/migration.sql")
    }
    if files.matching("*.prisma"):
        numbered |= {
            folder(folder(path))
            for path in files.matching("**/*migration*/*/migration.sql")
            if _is_prismas(files, path)
        }
    reasons = {True: ("migration_lock.toml",), False: ("numbered folders with migration.sql",)}
    return [Evidence(90, place, reasons[place in locked]) for place in sorted(locked | numbered)]


def _is_prismas(files: FileIndex, path: str) -> bool:
    """Whether this file is Prisma's: Drizzle Kit writes the same name beside its snapshot."""
    place = folder(path)
    return bool(_NUMBERED.match(place.rpartition("/")[2])) and not files.has(
        f"{place}/snapshot.json"
    )


def identify(path: str) -> str | None:
    return folder(path).rpartition("/")[2] if path.endswith("/migration.sql") else None


read = sql(identify, computed.script)


def down(path: str, texts: Mapping[str, str]) -> str | None:
    """Return the down.sql beside the migration: a custom of teams, which Prisma never runs."""
    text = texts.get(computed.by_hand(path))
    return None if text is None else computed.script(text)
