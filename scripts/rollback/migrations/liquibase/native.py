"""Liquibase's free commands: `rollback-count 1`, while the newest one is the right one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from rollback.migrations._native import EMPTY_DOWN, Way

if TYPE_CHECKING:
    from rollback.migrations.liquibase.changelogs import Folder
    from rollback.migrations.liquibase.formats import ChangeSet
    from rollback.verdicts.operations import Operation

HOME = "liquibase.properties"

_DOWN, _UP = ("liquibase", "rollback-count", "1"), ("liquibase", "update-count", "1")
# changes that Liquibase reverses without being told how (createInverses of its classes)
_INVERTED = (
    "addColumn",
    "addDefaultValue",
    "addForeignKeyConstraint",
    "addNotNullConstraint",
    "addPrimaryKey",
    "addUniqueConstraint",
    "createIndex",
    "createSequence",
    "createTable",
    "createView",
    "dropNotNullConstraint",
    "renameColumn",
    "renameSequence",
    "renameTable",
    "renameView",
    "tagDatabase",
)
# the line below the dashes or the name of the column, without the border of a table
_ASK = """
text=$(liquibase execute-sql --sql="$1") || exit
printf '%s\\n' "$text" | sed -n 's/^|* *\\([^ |]*\\/[^|]*[^ |]\\) *|.*$/\\1/p' | tail -n 1
"""


def ways(files: Mapping[str, str]) -> Mapping[str, Way]:
    from rollback.migrations.liquibase.changelogs import Folder

    folder = Folder(files)
    sets = list(folder.sets())
    twice = Counter(_id(part) for _, part in sets)
    return {
        _id(part): Way(problem="two change sets have its id and author")
        if twice[_id(part)] > 1
        else _way(folder, path, part)
        for path, part in sets
    }


def _id(part: ChangeSet) -> str:
    return f"{part.id}::{part.author}"


def _way(folder: Folder, path: str, part: ChangeSet) -> Way:
    from rollback.migrations.liquibase.rollbacks import REFERS

    if part.rollback is None:
        return _inverted(folder, path, part)
    if any(change.name == REFERS for change in part.rollback):
        return Way(problem="its rollback runs another change set")
    back = tuple(it for change in part.rollback for it in folder.operations(path, change))
    if not back and list(_forward(folder, path, part)):
        return Way(problem=EMPTY_DOWN)
    return Way(_DOWN, _UP, back, newest=True)


def _inverted(folder: Folder, path: str, part: ChangeSet) -> Way:
    """Return the way of a change set without a rollback of its own."""
    from rollback.migrations._inverse import inverse

    for change in part.changes:
        if change.name not in _INVERTED:
            return Way(problem=f"it has no rollback, and Liquibase derives none from {change.name}")
    back = inverse(_forward(folder, path, part), lambda table, name: None)
    return Way(_DOWN, _UP, tuple(back), newest=True)


def _forward(folder: Folder, path: str, part: ChangeSet) -> Iterator[Operation]:
    for change in part.changes:
        yield from folder.operations(path, change)


def ask(query: str) -> tuple[str, ...]:
    return ("sh", "-c", _ASK, "sh", query)
