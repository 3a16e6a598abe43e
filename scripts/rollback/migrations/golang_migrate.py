"""golang-migrate: pairs of .up.sql and .down.sql in a project that uses it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from rollback.detection.files import FileIndex, folder, inside
from rollback.migrations._files import Reversal, sql
from rollback.migrations._native import NO_NATIVE
from rollback.migrations._table import Table
from rollback.model import Evidence
from rollback.detection.pipelines import scripts, steps, tasks

TITLE = "golang-migrate"
MARKERS = ("[0-9]*.up.sql", "go.mod", "Makefile")
REVERSAL: Reversal = "per-file"
REFUSES_NEWER = r"\bmigrate\s[^\n;|]{0,200}-(?:path|source|database)\b[^\n;|]{0,200}\sup\b"
NATIVE = NO_NATIVE
TABLE: Table | None = Table("schema_migrations", dirty="dirty", numbers=True, newest_only=True)

_DEPENDENCY = r"(?:golang-migrate|mattes)/migrate(?:/v\d+)? v\S+\s*$"
_CALL = (
    r"\bmigrate\b[^\n]*-(?:path|source|database)\b|migrate/migrate|migrate create -ext|"
    r"golang-migrate"
)


def detect(files: FileIndex) -> list[Evidence]:
    places = files.folders("[0-9]*.up.sql")
    if not places:
        return []
    if _is_used(files):
        return [
            Evidence(90, place, ("pairs of .up.sql and .down.sql, and the tool",))
            for place in sorted(places)
        ]
    unread = [path for path in files.matching("go.mod") if not files.text(path)]
    return [
        Evidence(65, place, ("pairs of .up.sql and .down.sql in a Go module",))
        for place in sorted(places)
        if _above(unread, place)
    ]


def _above(modules: list[str], place: str) -> bool:
    return any(inside(folder(module), place) for module in modules)


def _is_used(files: FileIndex) -> bool:
    called = (
        steps(files, _CALL)
        or scripts(files, _CALL)
        or tasks(files, _CALL)
        or files.holding(_CALL, "*compose*.y*ml", "Dockerfile*", "*.sh")
    )
    return bool(files.holding(_DEPENDENCY, "go.mod") or called or files.holding(_CALL, "README.md"))


def identify(path: str) -> str | None:
    match = re.search(r"(?:^|/)(\d+)_[^/]*\.up\.sql$", path)
    return match[1] if match else None


read = sql(identify)


def down(path: str, texts: Mapping[str, str]) -> str | None:
    return texts.get(re.sub(r"\.up\.sql$", ".down.sql", path))
