"""The SQL of a migration in both directions, from the files of the release being left."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeGuard

from msgspec import Struct

from rollback.database_contracts import MigrationTool
from rollback.engines import engines
from rollback.migrations._files import ended
from rollback.reversal import effects
from rollback.verdicts import dialect
from rollback.verdicts import operations as to
from rollback.verdicts.operations import Operation

if TYPE_CHECKING:
    from rollback.migrations._files import Script

MOST = 100_000  # characters: an argument of a program holds no more than 128 KiB

# SQL that no transaction can hold, or a marker by which a tool is told so
_ALONE = re.compile(
    r"\bCONCURRENTLY\b|^\s*VACUUM\b|^--.*\b(?:transaction:\s*false|NO\s+TRANSACTION)\b",
    re.IGNORECASE | re.MULTILINE,
)
_BLANK = r"(?:\s|--[^\n]*\n|/\*.*?\*/)*"
_BEGIN = re.compile(
    rf"^({_BLANK})(?:BEGIN|START\s+TRANSACTION)(?:\s+(?:TRANSACTION|WORK))?\s*;",
    re.IGNORECASE | re.DOTALL,
)
_COMMIT = re.compile(
    r"(?:COMMIT|END)(?:\s+(?:TRANSACTION|WORK))?\s*;?((?:\s|--[^\n]*(?:\n|$))*)$", re.IGNORECASE
)
_CONTROL = ("transaction", "commit", "rollback")  # what Harmless operations are about


class Sql(Struct, frozen=True):
    """`down` and `up` as they run, in a transaction of ours, and what they do.

    `problem` says why the migration cannot be taken back, `fix` what to do about it; "" if it can.
    `drops` lists what else goes because the down drops with CASCADE.
    """

    down: str = ""
    up: str = ""
    operations: tuple[Operation, ...] = ()
    up_operations: tuple[Operation, ...] = ()
    problem: str = ""
    fix: str = ""
    drops: tuple[str, ...] = ()


def read(tool: MigrationTool, path: str, texts: Mapping[str, str], engine: str) -> Sql:
    """Return the SQL of one migration; `texts` are the files of the release, path -> text."""
    down, up = tool.down(path, texts), forward(tool, path, texts)
    if down is None:
        return Sql(problem="it has no down")
    if up is None:
        return Sql(problem="it is not SQL")
    return of(down, [up], engine, texts.get(path, ""))


def of(down: str, ups: Sequence[str], engine: str, whole: str = "") -> Sql:
    """Return the SQL that reverses migrations, and theirs; `whole` is the text of a file."""
    down, up = bare(down), "\n".join(ended(bare(text)) for text in ups)
    operations, up_operations = _read(down, engine), _read(up, engine)
    sql = Sql(down, up, tuple(operations), tuple(up_operations))
    if effects.changes_nothing(operations):
        return Sql(problem="its down is empty")
    if engines[engine].ATOMIC and any(_ALONE.search(text) for text in (whole, down, up)):
        return Sql(problem="it cannot run in a transaction")
    if unparsed := next(filter(_is_unparsed, up_operations), None):
        return Sql(problem=f"a restore could not run it: {unparsed.what}")
    if _controls(operations) or _controls(up_operations):
        return Sql(problem="it begins or ends transactions itself")
    if why := engines[engine].refusal(down) or engines[engine].refusal(up):
        return Sql(problem=why)
    if max(len(down), len(up)) > MOST:
        return Sql(problem=f"its SQL is longer than {MOST} characters")
    return sql


def forward(tool: MigrationTool, path: str, texts: Mapping[str, str]) -> str | None:
    """Return the SQL of a file that goes forward; None where it is not all SQL."""
    return text_of(tool.read({path: texts.get(path, "")}))


def text_of(scripts: Sequence[Script]) -> str | None:
    """Return the SQL of migrations; None where they are not all SQL."""
    parts = [part for script in scripts for part in script.operations]
    if not parts or not all(isinstance(part, to.Sql) for part in parts):
        return None
    return "\n".join(ended(part.text) for part in parts if isinstance(part, to.Sql))


def _read(text: str, engine: str) -> list[Operation]:
    return dialect.read(text, next(known for known in dialect.ENGINES if known == engine))


def bare(text: str) -> str:
    """Return the SQL without a BEGIN and COMMIT around all of it: the script has its own."""
    match = _BEGIN.match(text)
    if not match or not _COMMIT.search(text):
        return text
    return _COMMIT.sub(r"\1", match[1] + text[match.end() :])


def _is_unparsed(operation: Operation) -> TypeGuard[to.Opaque]:
    return isinstance(operation, to.Opaque) and operation.what.startswith(to.UNPARSED)


def _controls(operations: Sequence[Operation]) -> bool:
    return any(
        isinstance(operation, to.Harmless) and operation.what in _CONTROL
        for operation in operations
    )
