"""golang-migrate: pairs of .up.sql and .down.sql in a project that uses it."""

from __future__ import annotations

from rollback.files import FileIndex
from rollback.model import Evidence
from rollback.pipelines import scripts, steps, tasks

TITLE = "golang-migrate"
MARKERS = ("[0-9]*.up.sql", "go.mod", "Makefile")

_DEPENDENCY = r"(?:golang-migrate|mattes)/migrate(?:/v\d+)? v\S+\s*$"
_CALL = r"\bmigrate\b[^\n]*-(?:path|source|database)\b|migrate/migrate|migrate create -ext|golang-migrate"
_OTHERS = r"pressly/goose|rubenv/sql-migrate|uptrace/bun|jackc/tern|mattermost/morph|gobuffalo/pop|amacneil/dbmate"


def detect(files: FileIndex) -> list[Evidence]:
    places = files.folders("[0-9]*.up.sql")
    if not places:
        return []
    if _is_used(files):
        return [Evidence(90, place, ("pairs of .up.sql and .down.sql, and the tool",)) for place in sorted(places)]
    if files.matching("go.mod") and not files.holding(_OTHERS, "go.mod"):
        return [Evidence(65, place, ("pairs of .up.sql and .down.sql in a Go module",)) for place in sorted(places)]
    return []


def _is_used(files: FileIndex) -> bool:
    called = steps(files, _CALL) or scripts(files, _CALL) or tasks(files, _CALL) or files.holding(_CALL, "*compose*.y*ml", "Dockerfile*", "*.sh")
    return bool(files.holding(_DEPENDENCY, "go.mod") or called)
