"""Which dialect SQL files are written in, and what their statements do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal

from rollback.verdicts import operations as to
from rollback.verdicts.operations import Operation

Engine = Literal["postgresql", "mysql", "sqlite"]
ENGINES: tuple[Engine, ...] = ("postgresql", "mysql", "sqlite")
_PSQL = re.compile(r"^\\.*$", re.MULTILINE)  # psql's own commands, e.g. \restrict of a dump


def named(id: str) -> Engine:
    """Return the dialect of an engine; PostgreSQL's for those that have none of their own."""
    return next((name for name in ENGINES if name == id), "postgresql")


def read(sql: str, engine: Engine) -> list[Operation]:
    """Return what the statements do, read by PostgreSQL's own parser or by sqlglot."""
    if engine == "postgresql":
        from rollback.verdicts import postgresql

        return postgresql.operations(_PSQL.sub("", sql))
    from rollback.verdicts import other_dialects

    return other_dialects.operations(sql, engine)


def resolve(operations: Iterable[Operation], engine: Engine) -> list[Operation]:
    """Return these operations with what their SQL does in its place."""
    resolved: list[Operation] = []
    for operation in operations:
        if isinstance(operation, to.Sql):
            resolved += (_located(it, operation.line) for it in read(operation.text, engine))
        else:
            resolved.append(operation)
    return resolved


def _located(operation: Operation, line: int) -> Operation:
    if line and isinstance(operation, to.Opaque):
        return to.Opaque(f"line {line}: {operation.what}")
    return operation


def guess(texts: Sequence[str]) -> Engine:
    """Return the first dialect that can read all of these texts, else the one that reads most."""
    failures: dict[Engine, int] = {}
    for engine in ENGINES:
        failures[engine] = _failures(texts, engine)
        if not failures[engine]:
            return engine
    return min(ENGINES, key=failures.__getitem__)


def _failures(texts: Sequence[str], engine: Engine) -> int:
    return sum(_fails(read(text, engine)) for text in texts)


def _fails(operations: Sequence[Operation]) -> bool:
    return any(isinstance(operation, to.Opaque) for operation in operations)
