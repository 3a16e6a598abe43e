"""Plain SQL files that are migrated up and down by hand or by a tool not named here."""

from __future__ import annotations

import re

from rollback.detection.files import FileIndex, folder
from rollback.model import Evidence

TITLE = "plain SQL folders"
MARKERS = ("*.up.sql", "*_up.sql", "up.sql", "*.sql")

_NUMBERED = re.compile(
    r"(?:^|/)(?:migrations?|migrate|schema_migrations|db_migrations)/(?:(?:sql|postgres(?:ql)?|mysql|sqlite3?|clickhouse)/)?[^/]*$"
)
_FIRST = re.compile(r"/\d{4,}[_-][^/]*$")  # the first of more to come
_FOREIGN = re.compile(r"(?im)^--\s*(?:\+goose|migrate:up|liquibase formatted)")


def detect(files: FileIndex) -> list[Evidence]:
    """Return evidence weaker than any tool's own: a tool's folder stays the tool's."""
    pairs = {
        folder(path)
        for path in files.matching("*.up.sql", "*_up.sql", "*-up.sql")
        if _has_down(files, path)
    }
    pairs |= {
        *files.confirmed(r"^# ?-{2,3} ?!Ups", "**/evolutions/**/[0-9]*.sql"),
        *files.confirmed(r"(?i)^--\s*\+migrate up", "*.sql"),
    }
    folders = {
        folder(folder(path))
        for path in files.matching("**/*/up.sql")
        if files.has(f"{folder(path)}/down.sql")
    }
    folders |= {
        folder(place)
        for place in files.folders("**/up/*.sql")
        if files.matching(f"{folder(place)}/down/*.sql".removeprefix("./"))
    }
    evidence = [Evidence(60, place, ("up and down files",)) for place in sorted(pairs | folders)]
    return evidence + [
        Evidence(55, place, ("numbered SQL files",))
        for place in _numbered(files)
        if place not in pairs | folders
    ]


def _has_down(files: FileIndex, path: str) -> bool:
    return files.has(re.sub(r"up\.sql$", "down.sql", path))


def _numbered(files: FileIndex) -> list[str]:
    """Return folders named for migrations with numbered files in no tool's format."""
    folders = [
        (place, paths)
        for place, paths in files.folders("[0-9]*.sql").items()
        if len(paths) > 1 or _FIRST.search(paths[0])
    ]
    return [
        place
        for place, paths in folders
        if _NUMBERED.search(paths[0]) and not _FOREIGN.search(files.text(paths[0]))
    ]
