"""Plain SQL files that are migrated up and down by hand or by a tool not named here."""

from __future__ import annotations

import re
from collections.abc import Mapping

from rollback.detection.files import FileIndex, folder, inside
from rollback.migrations._files import Reversal, section, sql
from rollback.migrations._native import NO_NATIVE
from rollback.migrations._table import Table
from rollback.model import Evidence

TITLE = "plain SQL folders"
MARKERS = ("*.up.sql", "*_up.sql", "up.sql", "*.sql")
REVERSAL: Reversal = "per-file"
# sqlx and sql-migrate keep such files, too, and refuse an applied one that is not among them
REFUSES_NEWER = (
    r"\bsqlx\s+migrate\s+run\b(?![^\n;&|]*--ignore-missing)|"
    r"\bsql-migrate\s+up\b(?![^\n;&|]*-ignore-unknown)"
)
NATIVE = NO_NATIVE
TABLE: Table | None = Table("schema_migrations", numbers=True)

_NUMBERED = re.compile(
    r"(?:^|/)(?:migrations?|migrate|schema_migrations|db_migrations)/(?:(?:sql|postgres(?:ql)?|mysql|sqlite3?|clickhouse)/)?[^/]*$"
)
_FIRST = re.compile(r"/\d{4,}[_-][^/]*$")  # the first of more to come
_UPS = r"(?:#|--) ?-{0,3} ?(?:!Ups|\+migrate up)"
_DOWNS = r"(?:#|--) ?-{0,3} ?(?:!Downs|\+migrate down)"
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
    evidence += [
        Evidence(55, place, ("numbered SQL files",))
        for place in _numbered(files)
        if place not in pairs | folders
    ]
    sqitch = [folder(path) for path in files.matching("sqitch.plan")]
    return [row for row in evidence if not any(inside(plan, row.path) for plan in sqitch)]


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


def identify(path: str) -> str | None:
    """Return the number that the name of the file (or of its folder) begins with."""
    if not path.endswith(".sql") or re.search(r"(?:^|[/._-])down(?:\.sql$|/)", path):
        return None
    match = re.search(r"(?:^|/)(\d[\w.-]*?)(?:[_.-][^/]*)?(?:/up)?\.sql$", path)
    return match[1] if match else None


def up(text: str) -> str | None:
    """Return the part above the file's own marker of a down, if it has one."""
    marked = re.search(rf"(?im)^{_UPS}", text)
    return section(text, _UPS, _DOWNS) if marked else text


read = sql(identify, up)


def down(path: str, texts: Mapping[str, str]) -> str | None:
    """Return the file's own part for it, else the file beside it that is named for it."""
    text = texts[path]
    if re.search(rf"(?im)^{_DOWNS}", text):
        return section(text, _DOWNS, _UPS)
    names = (re.sub(r"up\.sql$", "down.sql", path), re.sub(r"(^|/)up/", r"\1down/", path))
    return next((texts[name] for name in names if name != path and name in texts), None)
