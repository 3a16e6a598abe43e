"""The migrations in the files of the two releases: their ids, as in the tool's own table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from rollback.database_contracts import MigrationTool
from rollback.flow import schema
from rollback.migrations._files import Script
from rollback.migrations._table import Table


class Trees(Struct, frozen=True):
    """Ids of the migrations in the files of both releases, as in the tool's table, in order."""

    old: Mapping[str, str]  # id -> path
    new: Mapping[str, str]
    after: Mapping[str, Sequence[str]] = {}  # id -> those that it follows


def of(
    source: schema.Source,
    tool: MigrationTool,
    table: Table,
    project: Path,
    folders: Sequence[str] = (),
) -> Trees:
    """Return the ids in the source's folder, or in these."""
    places = folders or [source.folder.dir]
    before, now = (schema.files(project, commit, *places) for commit in (source.old, source.new))
    old, new = tool.read(before), tool.read(now)
    if table.label:  # a first migration alone does not tell its label
        old = [script for script in tool.read({**now, **before}) if script.path in before]
    after = {table.key(script.id): script.after for script in (*old, *new)}
    return Trees(_ids(old, table), _ids(new, table), after)


def _ids(scripts: Sequence[Script], table: Table) -> dict[str, str]:
    return {table.key(script.id): script.path for script in scripts}
