"""Prisma Migrate: the folder with migration_lock.toml."""

from __future__ import annotations

from rollback.files import FileIndex, folder
from rollback.model import Evidence

TITLE = "Prisma Migrate"
MARKERS = ("migration_lock.toml", "migration.sql")


def detect(files: FileIndex) -> list[Evidence]:
    locked = {folder(path) for path in files.matching("migration_lock.toml")}
    numbered = {folder(folder(path)) for path in files.matching("**/prisma/**/migrations/[0-9]*/migration.sql")}
    reasons = {True: ("migration_lock.toml",), False: ("numbered folders with migration.sql",)}
    return [Evidence(90, place, reasons[place in locked]) for place in sorted(locked | numbered)]
