"""Liquibase's free commands: `rollback-count 1`, while the change set it names is the right one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from rollback.migrations._native import EMPTY_DOWN, Way

if TYPE_CHECKING:
    from rollback.migrations.liquibase.changelogs import Folder
    from rollback.migrations.liquibase.formats import ChangeSet
    from rollback.verdicts.operations import Operation

HOME = "liquibase.properties"

# Liquibase says itself which change set is next: it also looks at contexts, labels and file names.
# $1 is the command, $2 what its dry run prints before a name, the rest are names of the right one.
_NEXT = (
    'command=$1 before=$2; shift 2; text=$(liquibase "$command-sql" 1) || exit; '
    """next=$(printf '%s\\n' "$text" | tr -d '\\r' | sed -n "s/^-- $before//p"); """
    "next=${next#classpath:}; next=${next#/}; "
    'for name do case "/$name" in */"${next:-no change set}") exec liquibase "$command" 1 ;; esac; '
    'case "/$next" in */"$name") exec liquibase "$command" 1 ;; esac; done; '
    "printf 'Liquibase would take %s, not %s: nothing was run\\n' "
    '"${next:-no change set}" "$1" >&2; exit 1'
)
_DOWN = ("sh", "-c", _NEXT, "sh", "rollback-count", "Rolling Back ChangeSet: ")
_UP = ("sh", "-c", _NEXT, "sh", "update-count", "Changeset ")
# the first line has the URL with its password
_UNAPPLIED = """
text=$(liquibase status --verbose) || exit
printf '%s\\n' "$text" | tr -d '\\r' | sed -n 's/^  *[^:]*::\\(.*::.*[^ ]\\) *$/\\1/p'
"""
_LOGICAL = re.compile(r"logicalFilePath[\"']?\s*[=:]\s*[\"']?([^\s\"',}>]+)", re.IGNORECASE)
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
    return _commands(folder, path, part, back)


def _inverted(folder: Folder, path: str, part: ChangeSet) -> Way:
    """Return the way of a change set without a rollback of its own."""
    from rollback.migrations._inverse import inverse

    for change in part.changes:
        if change.name not in _INVERTED:
            return Way(problem=f"it has no rollback, and Liquibase derives none from {change.name}")
    back = inverse(_forward(folder, path, part), lambda table, name: None)
    return _commands(folder, path, part, tuple(back))


def _commands(folder: Folder, path: str, part: ChangeSet, back: tuple[Operation, ...]) -> Way:
    """Return the commands that run only while Liquibase would take this change set."""
    logical = {match for text in folder.files.values() for match in _LOGICAL.findall(text)}
    names = [f"{file}::{_id(part)}" for file in (path, *sorted(logical))]
    unapplied = ("sh", "-c", _UNAPPLIED)
    return Way((*_DOWN, *names), (*_UP, *names), back, newest=True, unapplied=unapplied)


def _forward(folder: Folder, path: str, part: ChangeSet) -> Iterator[Operation]:
    for change in part.changes:
        yield from folder.operations(path, change)


def ask(query: str) -> tuple[str, ...]:
    return ("sh", "-c", _ASK, "sh", query)
